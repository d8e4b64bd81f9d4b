"""The house rules that no tool checks by itself: every app has the same inside, nothing grows too long, names agree."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from jiangyuan.kernel import events, policy
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.clocks import ESCALATIONS
from jiangyuan.kernel.models import Record, Stated

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "jiangyuan"
ROOMS: tuple[str, ...] = tuple(settings.ROOMS)

INSIDE = {
    "__init__.py",
    "apps.py",
    "models.py",
    "migrations",
    "states.py",
    "rules.py",
    "actions.py",
    "queries.py",
    "handlers.py",
    "jobs.py",
    "policy.cedar",
    "api.py",
    "pages.py",
    "templates",
    "wording.py",
    "desks.py",
}
"""What may stand in every app: the table of the house, Django's own files, the words of its forms, what lies on desks."""
SPLIT = re.compile(r"^(actions_[a-z]+|[a-z]+_pages)\.py$")
"""A module that grew too long is split by subject."""
EXTRAS: Mapping[str, Mapping[str, str]] = {
    "jiangyuan.organization": {
        "account.py": "one's own account",
        "accounts.py": "acts on accounts: second factor, passwords, tokens",
        "divisions.py": "the divisions of the Ministry of Civil Affairs, read from the package",
        "gate.py": "what stands before every page: is the session still open",
        "hashing.py": "passwords are hashed at a bounded rate",
        "jurisdictions.py": "acts on jurisdictions",
        "naming.py": "how a body's alias is made from its name",
        "oidc.py": "signing in through the province's sign-in provider",
        "sessions.py": "acts on sessions: signing in, ending, another capacity",
        "signin.py": "sign-in with one refusal for every cause",
    },
    "jiangyuan.sources": {"inventory.py": "what a scan found, and the difference to the scan before"},
    "jiangyuan.standards": {
        "elements.py": "the national data elements and the models of tables made of them",
        "national.py": "reads the national code sets from the package",
        "sets": "the national code sets, as data with their sources",
        "conformity": "an app of the room: reviews of entries, tables, databases, interfaces",
        "library": "an app of the room: standards from draft to issue",
    },
    "jiangyuan.standards.conformity": {
        "documents.py": "what is printed",
        "reviewing.py": "what may be reviewed, and who registers it",
        "sources.py": "what of the sources may be reviewed",
    },
    "jiangyuan.standards.library": {
        "known.py": "reads the national standards that are named on every platform",
        "known.toml": "the numbers and names of those standards",
    },
    "jiangyuan.catalog.entries": {
        "classes.py": "the classes that come with the platform",
        "reviewable.py": "an entry as a conformity review sees it",
        "proposals.py": "what is proposed for an entry drafted from a table",
        "score.py": "the criteria of an entry's score",
        "item_merging.py": "the rows of items as two people changed them",
        "tables.py": "the tables of entries and items, shared by its pages",
    },
    "jiangyuan.catalog.duties": {"counts.py": "how the figures of coverage are kept"},
    "jiangyuan.catalog.onesource": {"counts.py": "who collects an element besides its source"},
    "jiangyuan.catalog.commitments": {"counts.py": "how the counts of batches are kept"},
    "jiangyuan.catalog.grading": {
        "approval.py": "who has to sign, by grade, form of use and volume",
        "lexicon.toml": "the words by which a column is graded",
    },
    "jiangyuan.catalog.census": {
        "comparing.py": "a report beside the scans, and beside the census before",
        "kinds.py": "what is registered, declared as data",
        "rows.py": "rows of an uploaded sheet become things or faults",
    },
    "jiangyuan.resources.ingestion": {
        "flows.py": "what an ingest asks of the data plane",
        "gauge.py": "what a flow moved, written for monitors here and above",
        "streams.py": "what runs in the worker",
    },
    "jiangyuan.resources.quality": {"measuring.py": "rows checked by their elements, for conformity reviews"},
    "jiangyuan.exchange.sharing": {
        "case_forms.py": "the form of a new case, with its file",
        "agreement.py": "the texts of agreement and commitment",
        "documents.py": "what is printed",
        "purposes.json": "the register of purposes that comes with the platform",
        "purposes.py": "the register of purposes, from which people choose",
        "resolver.py": "the one place where a grant is checked",
        "signatures.py": "whose added signatures a request asks for, and which of them stand",
        "reviewable.py": "an interface as a conformity review sees it",
        "terms.py": "what an entry offers and what a request may ask",
    },
    "jiangyuan.exchange.delivery": {
        "client.py": "what an application system needs to call",
        "flows.py": "what a delivery asks of the data plane",
        "gauge.py": "what a delivery moved, written for the monitor",
        "gateway": "the gateway's own process",
        "services.py": "what the page of a service says",
        "signing.py": "how a call is signed, for both sides",
    },
    "jiangyuan.portal.drafts": {"shelf.py": "the one place where drafts are written, read and forgotten"},
    "jiangyuan.portal.notices": {
        "audience.py": "who is told of an event",
        "listening.py": "one listener per process",
        "live.py": "server-sent events to open pages",
        "reach.py": "who looks at an open page, and what he may be told",
        "mail.py": "the letter and the server it goes through",
        "writing.py": "writes notices and wakes who waits for them",
    },
    "jiangyuan.catalog.interchange": {
        "dcat.py": "published entries as linked data",
        "checking.py": "a file becomes checked rows of a batch",
        "files.py": "files in and out of a request",
        "harvesting.py": "reading a catalogue elsewhere",
        "docking.py": "telling another catalogue, as a profile declares",
        "profiles": "the profiles of docking, as data",
        "linked.py": "the limited process that reads linked data",
        "spelling.py": "how a spelling is read",
        "spellings.toml": "the tables of spellings, as data",
        "workbook.py": "the template, the marked file and exports",
    },
    "jiangyuan.portal.tour": {"steps.py": "the steps, and the helping hands of the demonstration"},
    "jiangyuan.portal.administration": {
        "meanings.py": "what each setting means, in words",
        "policies.py": "the rooms of the platform, and what each capacity may do in them",
        "sentences.py": "the conditions of policies as sentences",
    },
    "jiangyuan.portal.figures": {
        "counts.py": "how each figure is counted",
        "province.py": "the map, drawn for two pages",
        "shown.py": "which figures there are, and who may see them",
    },
    "jiangyuan.portal.home": {
        "health.py": "readiness and metrics",
        "kept.py": "what was worked out stays while the memory does not grow",
        "numbers.py": "what the first page counts",
        "starts.py": "what each role comes for",
    },
    "jiangyuan.portal.trace": {
        "subjects.py": "who looked at one person, asked by identifier and answered by pseudonym",
        "why.py": "why somebody may, or may not, asked of the doors",
    },
    "jiangyuan.portal.search": {
        "documents.py": "what can be found, and what changes with it",
        "entry_documents.py": "entries as the index takes them in, in bulk",
        "finding.py": "from words to a query of the index",
        "folding.py": "one spelling of every text",
        "following.py": "the index is built, and follows the memory",
        "index.py": "the index on disk",
        "marking.py": "why something was found, and where it stands in a text",
        "shape.py": "the fields of the index, and how words become terms",
        "synonyms.txt": "words for the same thing",
        "terms.txt": "words of the field",
        "visibility.py": "who finds what, as tokens",
        "words.py": "Chinese words and the initials of pinyin",
    },
}
"""What stands in one app only, and what it is for."""
HIDDEN = {"rules", "handlers", "jobs", "pages"}
"""What no other app imports."""
COMPOSITION = {"cli", "demo", "gateway", "server", "settings", "supervisor", "urls", "worker", "__main__"}

MODULE_LINES, FUNCTION_LINES = 400, 40
TABLE_OF_WORDS = "one value: the words of the app's forms, a line each"
LIST_PAGE = "one list: its filters, columns and rows stand beside each other, a line each"
KIND = "one value: what the app tells the portal of its things, a line each"
LONG: Mapping[str, str] = {
    "catalog/duties/pages.py:list_page": LIST_PAGE,
    "catalog/duties/pages.py:overview_page": LIST_PAGE,
    "catalog/duties/wording.py:register_words": TABLE_OF_WORDS,
    "catalog/important/pages.py:list_page": LIST_PAGE,
    "catalog/onesource/desks.py:register_pages": KIND,
    "catalog/onesource/line_pages.py:lines_page": LIST_PAGE,
    "catalog/census/channel_pages.py:channels_page": LIST_PAGE,
    "catalog/census/pages.py:campaigns_page": LIST_PAGE,
    "catalog/census/wording.py:register_words": TABLE_OF_WORDS,
    "catalog/entries/apps.py:ready": KIND,
    "catalog/entries/wording.py:register_words": TABLE_OF_WORDS,
    "catalog/updates/pages.py:updates_page": LIST_PAGE,
    "catalog/grading/pages.py:proposals_page": LIST_PAGE,
    "catalog/interchange/apps.py:ready": KIND,
    "catalog/interchange/docking_pages.py:docking_page": LIST_PAGE,
    "catalog/interchange/pages.py:imports_page": LIST_PAGE,
    "catalog/interchange/wording.py:register_words": TABLE_OF_WORDS,
    "data/connectors/postgres/dial.py:explained": "one table: what each state of the driver means and how it is mended",
    "data/connectors/postgres/readiness.py:_checks": "one table: the checks of a source, a line each",
    "exchange/delivery/pages.py:deliveries_page": LIST_PAGE,
    "exchange/delivery/pages.py:warnings_page": LIST_PAGE,
    "exchange/delivery/services_pages.py:services_page": LIST_PAGE,
    "exchange/disputes/desks.py:register_pages": KIND,
    "exchange/disputes/pages.py:disputes_page": LIST_PAGE,
    "exchange/sharing/case_pages.py:cases_page": LIST_PAGE,
    "exchange/sharing/desks.py:register_pages": KIND,
    "exchange/sharing/grant_pages.py:grants_page": LIST_PAGE,
    "exchange/sharing/request_pages.py:apply_page": LIST_PAGE,
    "exchange/sharing/wording.py:register_words": TABLE_OF_WORDS,
    "organization/wording.py:register_words": TABLE_OF_WORDS,
    "portal/administration/platform_pages.py:jobs_page": LIST_PAGE,
    "portal/administration/policy_pages.py:holders_page": LIST_PAGE,
    "portal/trace/reads_pages.py:_table": LIST_PAGE,
    "portal/trace/why.py:_reading": "one table: what is asked of who reads under a grant, a line each",
    "resources/ingestion/apps.py:_pages": KIND,
    "resources/ingestion/pages.py:mounts_page": LIST_PAGE,
    "sources/pages.py:sources_page": LIST_PAGE,
    "standards/conformity/pages.py:review_page": LIST_PAGE,
    "standards/conformity/pages.py:reviews_page": LIST_PAGE,
}
"""Functions longer than the limit, and why they stay in one piece."""


def app_of(name: str) -> Path:
    return ROOT / "src" / Path(*name.split("."))


@lru_cache(maxsize=1)
def modules() -> Mapping[Path, ast.Module]:
    files = (p for p in sorted(SOURCE.rglob("*.py")) if "migrations" not in p.parts)
    return {file: ast.parse(file.read_text("utf-8")) for file in files}


@pytest.fixture(autouse=True, scope="module")
def everything_loaded() -> None:
    for name in ROOMS:
        for part in ("actions", "handlers", "jobs"):
            if find_spec(f"{name}.{part}") is not None:
                import_module(f"{name}.{part}")


# --- every app has the same inside ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROOMS)
def test_an_app_holds_what_every_app_holds(name: str) -> None:
    found = {p.name for p in app_of(name).iterdir() if not p.name.startswith((".", "__pycache__"))}
    known = INSIDE | set(EXTRAS.get(name, {}))
    assert {file for file in found - known if not SPLIT.match(file)} == set()
    assert set(EXTRAS.get(name, {})) <= found, "no longer there: take it off the list"


@pytest.mark.parametrize("name", ROOMS)
def test_an_app_says_its_duty(name: str) -> None:
    said = ast.get_docstring(ast.parse((app_of(name) / "__init__.py").read_text("utf-8"))) or ""
    missing = [word for word in ("Duty:", "Place in the flow:", "Not:") if word not in said]
    assert not missing or name.startswith("jiangyuan.portal."), missing
    assert said


@pytest.mark.parametrize("name", ROOMS)
def test_templates_stand_under_the_name_of_their_app(name: str) -> None:
    folder = app_of(name) / "templates"
    if folder.is_dir():
        assert {p.name for p in folder.iterdir()} == {apps.get_app_config(_label(name)).label}


def _label(name: str) -> str:
    return next(config.label for config in apps.get_app_configs() if config.name == name)


@pytest.mark.parametrize(
    "model", [m for m in apps.get_models() if issubclass(m, Record)], ids=lambda model: model._meta.label_lower
)
def test_a_model_says_who_may_know_of_its_rows_and_points_down_only(model: type[Record]) -> None:
    place = model.__module__.rpartition(".")[0]
    if place not in ROOMS:
        return
    assert "visible_to" in {key for base in model.__mro__[:-1] if base is not Record for key in vars(base)}
    assert not issubclass(model, Stated) or (app_of(place) / "states.py").is_file()
    below = ("jiangyuan.kernel", *ROOMS[: ROOMS.index(place) + 1])
    for field in model._meta.get_fields():
        target = getattr(field, "related_model", None)
        if target is not None and (field.many_to_one or (field.one_to_one and field.concrete)):
            assert target.__module__.rpartition(".")[0] in below, field.name


# --- imports that the layers' contract does not see -------------------------------------------------------------------


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_app_reaches_into_anothers_inside() -> None:
    reached = []
    for file, tree in modules().items():
        own = ".".join(file.relative_to(ROOT / "src").with_suffix("").parts)
        if own.split(".")[1] in COMPOSITION:
            continue
        # a room above answers a question of a room below by registering at its rules, when the app is ready
        hidden = HIDDEN - {"rules"} if own.endswith(".apps") else HIDDEN
        for room in ROOMS:
            inner = re.compile(re.escape(room) + r"\.(" + "|".join(sorted(hidden)) + r")(\.|$)")
            reached += [f"{own} -> {name}" for name in _imports(tree) if inner.match(name) and not own.startswith(room)]
    assert not reached, "\n".join(reached)


def test_no_model_is_fetched_by_its_name_where_an_import_would_tell() -> None:
    calls = re.compile(r"get_model\(\s*[\"']")
    found = [str(f.relative_to(ROOT)) for f in modules() if calls.search(f.read_text("utf-8"))]
    assert not found, "\n".join(found)


# --- nothing grows too long -------------------------------------------------------------------------------------------


def test_modules_are_short() -> None:
    lengths = {str(f.relative_to(SOURCE)): f.read_text("utf-8").count("\n") for f in modules()}
    long = [f"{file}: {lines} lines" for file, lines in lengths.items() if lines >= MODULE_LINES]
    assert not long, "\n".join(long)


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a body; what it says of itself and what it takes are not counted."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    found = {}
    for file, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body_lines(node) >= FUNCTION_LINES:
                found[f"{file.relative_to(SOURCE)}:{node.name}"] = _body_lines(node)
    long = [f"{name}: {lines} lines" for name, lines in found.items() if name not in LONG]
    assert not long, "\n".join(long)
    assert [name for name in LONG if name not in found] == [], "short by now: take them off the list"


# --- names agree ------------------------------------------------------------------------------------------------------


def test_every_action_has_a_policy_and_every_policy_an_action() -> None:
    stated = set(policy.policy_sets())
    acted = {name for name, spec in ACTIONS.items() if spec.body.__module__.startswith("jiangyuan.")}
    assert acted - stated == set(), "denied to everybody"
    assert stated - acted == set(), "permits what does not exist"


def test_an_action_is_named_room_thing_verb_and_its_event_in_the_same_room() -> None:
    for name, spec in ACTIONS.items():
        if spec.body.__module__.startswith("jiangyuan."):
            assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", name), name
            assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", spec.event), spec.event
            assert spec.event.split(".")[0] == name.split(".")[0], name
            assert str(spec.title), name


@pytest.mark.parametrize(
    "model", [m for m in apps.get_models() if issubclass(m, Stated)], ids=lambda model: model._meta.label_lower
)
def test_every_step_of_a_state_machine_is_an_action_on_its_model(model: type[Stated]) -> None:
    assert model.workflow is not None
    for step in model.workflow.transitions:
        assert step.action in ACTIONS, step
        assert ACTIONS[step.action].on is model, step


@pytest.mark.parametrize("name", ROOMS)
def test_an_app_acts_on_its_own_models_only(name: str) -> None:
    for spec in ACTIONS.values():
        if spec.body.__module__.startswith(f"{name}.") and spec.on is not None:
            assert spec.on.__module__.startswith(f"{name}."), spec.name


def _written_types() -> set[str]:
    spoken = {"kernel.act.refused", *(stage.event for stage in ESCALATIONS), "kernel.clock.met_late"}
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "emit" and node.args:
                spoken |= {str(part.value) for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)}
    return spoken | {spec.event for spec in ACTIONS.values()}


def test_handlers_have_names_of_their_own_and_hear_what_is_said() -> None:
    named = Counter(
        str(keyword.value.value)
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("handler", "access_handler")
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    )
    assert [name for name, times in named.items() if times > 1] == []
    registered = {h.name for h in events.HANDLERS.values()} | set(events.ACCESS_HANDLERS)
    assert set(named) <= registered
    written = _written_types()
    for known in events.HANDLERS.values():
        if known.name in named:
            assert known.types <= written, known.name


# --- the repository speaks of itself alone ----------------------------------------------------------------------------


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    this = Path(__file__).relative_to(ROOT)
    return [
        ROOT / name for name in listed.stdout.split("\0") if name and Path(name) != this and (ROOT / name).is_file()
    ]


def _lines_with(pattern: str) -> str:
    wanted, found = re.compile(pattern), list[str]()
    for file in _tracked():
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if wanted.search(text):
            found += [
                f"{file.relative_to(ROOT)}:{number}"
                for number, line in enumerate(text.splitlines(), 1)
                if wanted.search(line)
            ]
    return "\n".join(found)


def test_nothing_is_left_to_do_in_passing() -> None:
    assert _lines_with(r"\b(TODO|FIXME|XXX|HACK)\b") == ""


def test_no_file_names_a_machine_or_a_registry() -> None:
    folder = r"(?<![\w.-])/(work|root|home/[a-z]+)/"
    assert _lines_with(folder + r"|pypi\.org|pythonhosted|registry\.npmjs|--index-url") == ""


def test_no_two_shapes_of_the_interface_have_one_name() -> None:
    # the schema that programs read knows shapes by name: of two it would keep the one that came last
    named = Counter(
        node.name
        for path in SOURCE.rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Schema" for base in node.bases)
    )
    assert [name for name, times in named.items() if times > 1] == []
