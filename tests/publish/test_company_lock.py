from __future__ import annotations

import os
import subprocess
import sys

import pytest
from publish_worker import build_and_publish

from dagster_project.companies import BookworthError
from dagster_project.publish.errors import CompanyBusy
from dagster_project.publish.generations import rollback, status
from dagster_project.publish.ledger import begin_run
from dagster_project.publish.lock import company_lock, current_holder, holding, is_held


def test_second_holder_is_refused_by_name(paths, start):
    """Two runs overlap, or the second is refused without saying who is in the way."""
    other = start("hold")
    words = rf"acme is busy: refresh by hand \(process {other.pid} on .*, since 20"
    with pytest.raises(CompanyBusy, match=words) as caught, company_lock(paths, "refresh 2"):
        pass
    assert isinstance(caught.value, BookworthError)
    holder = current_holder(paths)
    assert holder is not None and (holder.owner, holder.pid) == ("refresh by hand", other.pid)
    assert status(paths).holder == holder


def test_everything_that_writes_is_refused_while_another_run_holds(paths, start):
    """A rollback by hand, or a run outside Dagster, interferes with a run that is under way."""
    build_and_publish(paths, 1)
    start("hold")
    for step in (lambda: build_and_publish(paths, 2), lambda: rollback(paths, 1), lambda: begin_run(paths, "run-2")):
        with pytest.raises(CompanyBusy):
            step()


def test_same_process_is_refused_too_but_its_own_steps_go_on(paths):
    """Two threads of one process both get the lock; or a run locks out its own steps."""
    with company_lock(paths, "first"):
        with pytest.raises(CompanyBusy), company_lock(paths, "second"):
            pass
        assert is_held(paths)
        with holding(paths, "a step"):
            build_and_publish(paths, 1)
        assert is_held(paths)
    assert not is_held(paths) and current_holder(paths) is None


def test_death_releases_the_lock(paths, start):
    """A killed run locks its company for good, and someone has to delete a file by hand."""
    other = start("hold")
    other.kill()
    other.wait()
    assert current_holder(paths) is None
    with company_lock(paths, "next"):
        pass


def test_child_programs_do_not_keep_the_lock(paths):
    """A dbt that outlives its killed run keeps the company locked."""
    with company_lock(paths, "parent"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        with company_lock(paths, "next"):
            assert child.poll() is None
    finally:
        child.communicate(b"\n")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forked_children_neither_keep_nor_drop_the_lock(paths):
    """A forked worker holds on to the lock after its parent is gone, or unlocks it under its parent on exit."""
    ready, done = os.pipe(), os.pipe()
    with company_lock(paths, "parent"):
        child = os.fork()
        if not child:
            os.write(ready[1], b"1" if not is_held(paths) else b"0")
            os.read(done[0], 1)
            os._exit(0)
        assert os.read(ready[0], 1) == b"1"
        with pytest.raises(CompanyBusy), company_lock(paths, "other"):
            pass
    try:
        with company_lock(paths, "next"):
            pass
    finally:
        os.write(done[1], b"1")
        os.waitpid(child, 0)
        for fd in (*ready, *done):
            os.close(fd)


def test_removed_lock_file_is_made_again(paths):
    """Someone tidies away `.lock`, and later runs fail or lock a file that no one else sees."""
    with company_lock(paths, "first"):
        pass
    paths.lock.unlink()
    with company_lock(paths, "second"), pytest.raises(CompanyBusy), company_lock(paths, "third"):
        pass


def test_an_error_inside_releases_the_lock(paths):
    """A failed step leaves the company locked for as long as its process lives."""
    with pytest.raises(RuntimeError), company_lock(paths, "fails"):
        raise RuntimeError
    assert current_holder(paths) is None
