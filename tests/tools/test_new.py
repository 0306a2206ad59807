"""`bookworth new`: what an unknown export is taken for, and a draft that loads."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
import yaml

from dagster_project.companies import BookworthError, load_company
from dagster_project.ingest.contract import entities
from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.tools import words
from dagster_project.tools.draft import scalar
from dagster_project.tools.guess import Guess, guess
from dagster_project.tools.new import Drafted, new_company, summary
from dagster_project.tools.profile import profile_folder

EXPORTS = PROJECT_ROOT.parent / "shared" / "data" / "crm_export_formats"
EXAMPLES = PROJECT_ROOT / "seeds" / "companies"
# Of the tables of an example delivery; the two or three most unusual ones may be missed.
LEAST_RIGHT = 0.95

# File -> entity, and what must be found of key, name, date, amount, deleted and merged.
FIXTURES: dict[str, tuple[str, dict[str, str]]] = {
    "dbt_salesforce_source/integration_tests/seeds/sf_account_data.csv": (
        "customers",
        {
            "customer_id": "id",
            "full_name": "name",
            "+deleted": "is_deleted",
            "merged_into_customer_id": "master_record_id",
            "parent_customer_id": "parent_id",
        },
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_contact_data.csv": (
        "contacts",
        {
            "contact_id": "id",
            "full_name": "name",
            "customer_id": "account_id",
            "+deleted": "is_deleted",
            "+merged_into": "master_record_id",
        },
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_opportunity_data.csv": (
        "leads",
        {
            "lead_id": "id",
            "+name": "name",
            "created_at": "created_date",
            "+closed_at": "close_date",
            "expected_amount": "amount",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_order_data.csv": (
        "orders",
        {"order_id": "id", "ordered_at": "effective_date", "gross_amount": "total_amount", "+deleted": "is_deleted"},
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_lead_data.csv": (
        "leads",
        {
            "lead_id": "id",
            "+name": "name",
            "created_at": "created_date",
            "converted_at": "converted_date",
            "customer_id": "converted_account_id",
            "source_channel": "lead_source",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_opportunity_line_item_data.csv": (
        "order_lines",
        {
            "order_id": "opportunity_id",
            "product_id": "product_2_id",
            "quantity": "quantity",
            "unit_price": "unit_price",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_product_2_data.csv": (
        "products",
        {"product_id": "id", "name": "name", "category": "family", "+deleted": "is_deleted"},
    ),
    "dbt_salesforce_source/integration_tests/seeds/sf_task_data.csv": (
        "activities",
        {
            "activity_id": "id",
            "customer_id": "account_id",
            "occurred_at": "activity_date",
            "staff_id": "owner_id",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_shopify/integration_tests/seeds/shopify_product_data.csv": (
        "products",
        {"product_id": "id", "name": "title", "+deleted": "_fivetran_deleted"},
    ),
    "dbt_shopify/integration_tests/seeds/shopify_transaction_data.csv": (
        "payments",
        {"payment_id": "id", "order_id": "order_id", "paid_at": "processed_at", "amount": "amount"},
    ),
    "dbt_zendesk/integration_tests/seeds/audit_log_data.csv": (
        "access_log",
        {"event_id": "id", "staff_id": "actor_id", "occurred_at": "created_at", "action": "action"},
    ),
    "dbt_hubspot/integration_tests/seeds/company_data.csv": (
        "customers",
        {
            "customer_id": "id",
            "full_name": "property_name",
            "created_at": "property_createdate",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_hubspot/integration_tests/seeds/contact_data.csv": (
        "customers",
        {
            "customer_id": "id",
            "+first_name": "property_firstname",
            "+last_name": "property_lastname",
            "created_at": "property_created_at",
            "+deleted": "_fivetran_deleted",
            "+merged": "property_hs_merged_object_ids",
        },
    ),
    "dbt_hubspot/integration_tests/seeds/contact_merge_audit_data.csv": (
        "customers",
        {"customer_id": "vid_to_merge", "merged_into_customer_id": "canonical_vid"},
    ),
    "dbt_hubspot/integration_tests/seeds/deal_data.csv": (
        "leads",
        {
            "lead_id": "deal_id",
            "+name": "property_dealname",
            "created_at": "property_createdate",
            "+closed_at": "property_closedate",
            "expected_amount": "property_amount",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_hubspot/integration_tests/seeds/ticket_data.csv": (
        "tickets",
        {
            "ticket_id": "id",
            "+name": "property_subject",
            "opened_at": "property_createdate",
            "resolved_at": "property_closed_date",
            "+deleted": "is_deleted",
        },
    ),
    "dbt_shopify/integration_tests/seeds/shopify_customer_data.csv": (
        "customers",
        {"customer_id": "id", "+last_name": "last_name", "created_at": "created_at"},
    ),
    "dbt_shopify/integration_tests/seeds/shopify_order_data.csv": (
        "orders",
        {"order_id": "id", "ordered_at": "processed_at", "gross_amount": "total_price", "is_test": "test"},
    ),
    "dbt_shopify/integration_tests/seeds/shopify_gql_order_data.csv": (
        "orders",
        {
            "order_id": "id",
            "+name": "name",
            "ordered_at": "processed_at",
            "gross_amount": "total_price_set_shop_amount",
            "is_test": "test",
            "+deleted": "_fivetran_deleted",
        },
    ),
    "dbt_shopify/integration_tests/seeds/shopify_order_line_data.csv": (
        "order_lines",
        {"order_id": "order_id", "product_id": "product_id", "quantity": "quantity", "unit_price": "price"},
    ),
    "dbt_zendesk/integration_tests/seeds/ticket_data.csv": (
        "tickets",
        {"ticket_id": "id", "+name": "subject", "opened_at": "created_at", "+merged": "merged_ticket_ids"},
    ),
    "dbt_zendesk/integration_tests/seeds/organization_data.csv": (
        "customers",
        {"customer_id": "id", "full_name": "name", "created_at": "created_at"},
    ),
}
NOT_WANTED = (
    "dbt_salesforce_source/integration_tests/seeds/sf_account_history_data.csv",
    "dbt_hubspot/integration_tests/seeds/deal_pipeline_stage_data.csv",
    "dbt_zendesk/integration_tests/seeds/ticket_tag_data.csv",
    "dbt_shopify/integration_tests/seeds/shopify_order_shipping_line_data.csv",
)


def _settings(root: Path) -> Settings:
    return Settings(root / "companies", root / "warehouse", None)


def _folder(root: Path, **files: bytes | str) -> Path:
    folder = root / "exports"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _draft(root: Path, **files: bytes | str) -> tuple[Drafted, str]:
    drafted = new_company(_settings(root), "acme", _folder(root, **files))
    return drafted, drafted.path.read_text(encoding="utf-8")


def _fixture(root: Path, name: str) -> Guess:
    if not EXPORTS.is_dir():
        pytest.skip(f"no {EXPORTS}")
    folder = root / "one"
    folder.mkdir()
    (folder / PurePosixPath(name).name).write_bytes((EXPORTS / name).read_bytes())
    (profile,) = profile_folder(folder)
    return guess(profile)


@pytest.mark.parametrize("name", FIXTURES, ids=lambda n: PurePosixPath(n).stem)
def test_exports_of_real_crms_are_recognised(tmp_path: Path, name: str) -> None:
    """An engineer who maps 368 columns by hand takes a day, and maps the merged customers last."""
    entity, columns = FIXTURES[name]
    found = _fixture(tmp_path, name)
    assert found.name == entity
    assert found.missing == ()
    sources = {target: m.column.name for target, m in {**found.extras, **found.matches}.items()}
    assert {target: sources.get(target) for target in columns} == columns


@pytest.mark.parametrize("name", NOT_WANTED, ids=lambda n: PurePosixPath(n).stem)
def test_logs_and_lists_of_a_crm_are_no_customers(tmp_path: Path, name: str) -> None:
    """A history table read as the accounts themselves counts every change as a customer."""
    assert _fixture(tmp_path, name).entity is None


@pytest.mark.parametrize("company", ["jinse_bridal", "anlan_safety"])
def test_deliveries_of_the_examples_are_recognised(company: str) -> None:
    """Chinese exports are half the audience: their headers, encodings and date styles must be understood."""
    config = yaml.safe_load((EXAMPLES / company / "company.yaml").read_text(encoding="utf-8"))
    newest = max((EXAMPLES / company / "deliveries").iterdir())
    right, wrong = 0, []
    for profile in profile_folder(newest):
        path = PurePosixPath(profile.name.partition(" [")[0])
        wanted = {
            s["entity"]
            for s in config["sources"]
            if path.match(s["files"]) and s.get("sheet") in (None, profile.layout.sheet)
        }
        found = guess(profile)
        if found.name in wanted and not found.missing:
            right += 1
        else:
            wrong.append((profile.name, found.name, found.missing))
    assert right >= LEAST_RIGHT * (right + len(wrong)), wrong


def test_a_draft_loads_and_says_what_it_is_unsure_of(tmp_path: Path) -> None:
    """A draft that has to be mended before it can even be checked is no help."""
    drafted, text = _draft(
        tmp_path,
        customers_20240101__csv="客户编号,姓名,手机号,建档日期,是否删除,更新时间\n0017,甲,13900000001,2020年1月2日,否,2024-01-01\n".encode(
            "gb18030"
        ),
        orders_20240101__csv="Order No;Customer ID;Order Date;Amount;Status\n"
        + "".join(f"A{i};00{i};{i % 28 + 1:02d}.03.2024;1.234,{i % 90 + 10};Paid\n" for i in range(40))
        + "Generated by somebody\n",
    )
    assert drafted.problem == ""
    company = load_company(_settings(tmp_path), "acme")
    sources = {s.entity: s for s in company.sources}
    orders, customers = sources["orders"], sources["customers"]
    assert (orders.delimiter, orders.decimal, orders.skip_footer, orders.files) == (";", ",", 1, "orders_*.csv")
    assert {c.target: c.format for c in orders.columns}["ordered_at"] == "%d.%m.%Y"
    assert {c.target: dict(c.map) for c in orders.columns}["status"] == {"Paid": "open"}
    assert customers.encoding == "gb18030"
    assert any(c.target == "deleted_at" and c.sql for c in customers.columns)
    assert "# unsure" in text


def test_day_and_month_that_could_be_swapped_are_marked(tmp_path: Path) -> None:
    """3/4 read as March instead of April moves a quarter's revenue, and every row still loads."""
    _, text = _draft(tmp_path, orders__csv="order id,customer id,order date,amount\n1,2,3/4/2024,5\n2,3,4/5/2024,6\n")
    assert "day and month could be the other way round" in text


def test_a_source_that_lacks_a_required_column_stays_a_comment(tmp_path: Path) -> None:
    """One half-recognised file must not keep the whole draft from loading."""
    drafted, text = _draft(
        tmp_path,
        orders__csv="order id,customer id,order date,amount\n1,2,2024-01-01,5\n",
        invoices__csv="invoice no,customer id,invoice date,amount\n1,2,2024-01-01,5\n",
    )
    assert drafted.problem == ""
    assert re.search(r"unsure: looks like invoices, but no column looks like due_on", text)
    assert [s.entity for s in load_company(_settings(tmp_path), "acme").sources] == ["orders"]


def test_won_deals_stand_in_for_orders(tmp_path: Path) -> None:
    """A CRM export without an ERP has no orders, yet its won deals are the revenue."""
    rows = "".join(f"d{i},a{i % 3},2024-01-{i + 1:02d},2024-02-{i + 1:02d},{i}00,{i % 2}\n" for i in range(12))
    header = "Id,AccountId,CreatedDate,CloseDate,Amount,IsWon\n"
    drafted, text = _draft(tmp_path, opportunities__csv=header + rows)
    assert drafted.problem == ""
    assert "every deal that was won counts as one" in text
    orders = next(s for s in load_company(_settings(tmp_path), "acme").sources if s.entity == "orders")
    assert orders.where == "ordered_at is not null"


def test_two_names_that_one_glob_would_take_are_told_apart(tmp_path: Path) -> None:
    """orders_*.csv takes the lines of orders too: every file would be read twice, once as the wrong thing."""
    drafted, _ = _draft(
        tmp_path,
        orders_20240101__csv="order id,customer id,order date,amount\n1,2,2024-01-01,5\n",
        orders_lines_20240101__csv="order id,line no,product id,quantity,unit price\n1,1,p,2,5\n",
    )
    patterns = [g.file.pattern for g in drafted.guesses]
    for pattern in patterns:
        taken = [n for n in ("orders_20240101.csv", "orders_lines_20240101.csv") if PurePosixPath(n).match(pattern)]
        assert len(taken) == 1


def test_nothing_is_printed_or_copied_that_was_not_asked_for(tmp_path: Path) -> None:
    """What is printed ends in tickets and chats: names of files and columns, counts, and no cell."""
    drafted, text = _draft(
        tmp_path, customers__csv="customer id,name,phone\nK-77,Secretname,13912345678\nK-78,Othername,13912345679\n"
    )
    printed = "\n".join(summary(drafted, "acme", _settings(tmp_path)))
    for cell in ("K-77", "Secretname", "13912345678"):
        assert cell not in printed
        assert cell not in text
    assert not _settings(tmp_path).paths("acme").deliveries.exists()


def test_cells_of_a_column_taken_for_a_category_stay_out_of_the_draft(tmp_path: Path) -> None:
    """A column named `type` may hold anything, people's names too: only values with a canonical word are written."""
    drafted, text = _draft(
        tmp_path, orders__csv="order id,customer id,order date,amount,status\n1,2,2024-01-01,5,Secretname\n"
    )
    assert "Secretname" not in text
    assert "status: status holds none of: open" in text
    assert drafted.problem == ""


def test_files_are_copied_when_asked(tmp_path: Path) -> None:
    """Half an hour ends with a delivery in its place."""
    folder = _folder(tmp_path, orders__csv="order id,customer id,order date,amount\n1,2,2024-01-01,5\n")
    drafted = new_company(_settings(tmp_path), "acme", folder, copy_as=date(2024, 2, 1))
    assert [p.relative_to(tmp_path / "companies").as_posix() for p in drafted.copied] == [
        "acme/deliveries/2024-02-01/orders.csv"
    ]


def test_an_existing_company_is_never_overwritten(tmp_path: Path) -> None:
    """A day of mapping lost to a repeated command."""
    _draft(tmp_path, orders__csv="order id,customer id,order date,amount\n1,2,2024-01-01,5\n")
    with pytest.raises(BookworthError, match="exists"):
        new_company(_settings(tmp_path), "acme", tmp_path / "exports")


@pytest.mark.parametrize(
    "name", ["no", "1.5", "a: b", "a #b", "客户 编号", "'x", "- y", "a,b", "x?", "null", " z", "{q}"]
)
def test_every_header_survives_the_yaml(name: str) -> None:
    """A header that reads back as another word maps nothing, or breaks the file."""
    assert yaml.safe_load(scalar(name)) == name
    assert yaml.safe_load(f"[{scalar(name, True)}, x]") == [name, "x"]


def test_the_words_speak_of_what_the_contract_has() -> None:
    """An alias of a column that was renamed is silently never used again."""
    for row in words.rows(words.DATA_DIR / "header_aliases.csv"):
        owners = entities().values() if row["entity"] == words.ANY else [entities()[row["entity"]]]
        assert row["column_name"].startswith("+") or any(row["column_name"] in e.columns for e in owners), row
    for row in words.rows(words.DATA_DIR / "value_aliases.csv"):
        assert row["value"] in entities()[row["entity"]].columns[row["column_name"]].values, row
    assert {e for e, _ in words.file_hints()} == {*entities(), words.NONE}
