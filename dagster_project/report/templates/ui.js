// The language switch, sorting and searching of tables. Charts listen to "bookworth:language".
(function () {
  "use strict";
  var root = document.documentElement;

  function language() { return root.lang === "zh-CN" ? "zh" : "en"; }

  function show(chosen) {
    root.lang = chosen === "zh" ? "zh-CN" : "en";
    var title = document.querySelector("title");
    document.title = title.dataset[chosen];
    document.querySelectorAll(".switch button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.lang === chosen));
    });
    document.querySelectorAll("[data-placeholder-en]").forEach(function (input) {
      input.placeholder = chosen === "zh" ? input.dataset.placeholderZh : input.dataset.placeholderEn;
    });
    document.dispatchEvent(new CustomEvent("bookworth:language"));
  }

  document.querySelectorAll(".switch button").forEach(function (button) {
    button.addEventListener("click", function () {
      try { localStorage.setItem("bookworth-language", button.dataset.lang); } catch (error) { /* private window */ }
      show(button.dataset.lang);
    });
  });

  function words(en, zh) {
    var fragment = document.createDocumentFragment();
    [["en", "en", en], ["zh", "zh-CN", zh]].forEach(function (each) {
      var span = document.createElement("span");
      span.className = each[0];
      span.lang = each[1];
      span.textContent = each[2];
      fragment.appendChild(span);
    });
    return fragment;
  }

  // What a reader sees of a cell, in the language shown.
  function visible(cell) {
    var other = language() === "zh" ? ".en" : ".zh";
    var copy = cell.cloneNode(true);
    copy.querySelectorAll(other).forEach(function (hidden) { hidden.remove(); });
    return copy.textContent.trim();
  }

  function key(cell) {
    var holder = cell.dataset.value !== undefined ? cell : cell.querySelector("data");
    var raw = holder ? (holder.dataset.value !== undefined ? holder.dataset.value : holder.value) : null;
    var number = raw === null || raw === "" ? NaN : Number(raw);
    return isNaN(number) ? (raw !== null ? raw : visible(cell)) : number;
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    if (typeof a === "number") { return -1; }
    if (typeof b === "number") { return 1; }
    return a.localeCompare(b, root.lang);
  }

  document.querySelectorAll(".sortable table").forEach(function (table) {
    var headers = table.tHead.rows[0].cells;
    Array.prototype.forEach.call(headers, function (header, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      while (header.firstChild) { button.appendChild(header.firstChild); }
      header.appendChild(button);
      button.addEventListener("click", function () {
        var down = header.getAttribute("aria-sort") === "ascending";
        Array.prototype.forEach.call(headers, function (each) { each.removeAttribute("aria-sort"); });
        header.setAttribute("aria-sort", down ? "descending" : "ascending");
        var body = table.tBodies[0];
        var rows = Array.prototype.slice.call(body.rows);
        // What has no figure stays last either way.
        rows.map(function (row, at) { return { row: row, key: key(row.cells[column]), at: at }; })
          .sort(function (a, b) {
            var blank = (a.key === "–") - (b.key === "–");
            return blank || (down ? -1 : 1) * compare(a.key, b.key) || a.at - b.at;
          })
          .forEach(function (each) { body.appendChild(each.row); });
      });
    });
  });

  document.querySelectorAll(".searchable").forEach(function (holder, number) {
    var table = holder.querySelector("table");
    var box = document.createElement("p");
    var label = document.createElement("label");
    var input = document.createElement("input");
    var count = document.createElement("output");
    box.className = "search";
    input.type = "search";
    input.id = "search-" + number;
    input.autocomplete = "off";
    label.htmlFor = input.id;
    label.appendChild(words("Search this table", "搜索本表"));
    count.setAttribute("aria-live", "polite");
    box.append(label, input, count);
    holder.insertBefore(box, holder.firstChild);
    input.addEventListener("input", function () {
      var sought = input.value.trim().toLowerCase();
      var found = 0;
      Array.prototype.forEach.call(table.tBodies, function (body) {
        var shown = 0;
        Array.prototype.forEach.call(body.rows, function (row) {
          if (row.classList.contains("group")) { return; }
          row.hidden = sought !== "" && row.textContent.toLowerCase().indexOf(sought) < 0;
          if (!row.hidden) { shown += 1; }
        });
        body.hidden = shown === 0;
        found += shown;
      });
      count.replaceChildren();
      if (sought) { count.appendChild(words(found + " rows", found + " 行")); }
    });
  });

  show(language());
})();
