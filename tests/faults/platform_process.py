"""The platform whose parts are killed: built by the acts of the main road, and looked through afterwards.

`build` brings a platform up, walks the road until two tables flow into the consumer's database (one of them with a row
condition and a mask), and stops; it prints where everything is. `look` reads the memory of a platform that runs and
prints what is wrong with it.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

CONDITION = {"op": "=", "column": "life_status", "value": "正常"}
PURPOSE = "residents-kept-current"


def build(home: Path, people: int) -> dict[str, Any]:
    """Walk the road on a new home; gives the URLs of the writer's side and of the consumer's."""
    from jiangyuan.demo.play import _connect, prepare

    prepare(home)
    from jiangyuan.kernel.config import settings
    from jiangyuan.supervisor.processes import platform

    supervisor = platform(settings(), say=lambda line: print(line, file=sys.stderr))
    with supervisor:
        _connect(supervisor.urls)
        from jiangyuan.demo import road
        from jiangyuan.demo.cast import assemble
        from jiangyuan.demo.departments import create_departments
        from jiangyuan.demo.population import make_population

        departments = create_departments(supervisor.cluster, home / "demo", make_population(people=people))
        cast = assemble(home / "demo")
        road.scan_sources(cast, road.register_sources(cast, departments))
        road.publish_entries(cast)
        road.mount_tables(cast)
        road.decide_requests(cast, road.request_data(cast))
        road.open_delivery(cast)
        _residents(cast)
        provider, consumer = departments["public_security"], departments["civil_affairs"]
        assert consumer.receiving is not None
        return {
            "source": provider.dsn(provider.owner),
            "target": consumer.dsn(consumer.receiving.writer, database=consumer.receiving.database),
            "owner": supervisor.urls["owner_url"],
            "copies": _copies(),
        }


def _residents(cast: Any) -> None:
    """Have the living residents, their names masked, delivered and kept current."""
    from django.utils import timezone

    from jiangyuan.demo import road
    from jiangyuan.demo.cast import SCENE
    from jiangyuan.exchange.delivery.models import Delivery
    from jiangyuan.exchange.sharing.models import Grant
    from jiangyuan.kernel.actions import act
    from jiangyuan.resources.ingestion.models import Mount
    from jiangyuan.sources.models import Source

    plain = {"kind": "none"}
    mount = Mount.objects.get(table=road._table("public_security.resident"))
    request = act(
        "sharing.request.open",
        actor=cast.at("civil_affairs", "office"),
        scene=SCENE,
        system=cast.system.pk,
        entry=mount.entry_id,
        mount=mount.pk,
        items=[
            {"column": "record_id", "mask": plain},
            {"column": "name", "mask": {"kind": "keep", "first": 1, "last": 0}},
            {"column": "household_number", "mask": plain},
        ],
        condition=CONDITION,
        forms=["table"],
        basis="《社会救助暂行办法》第五十八条",
        purpose=PURPOSE,
        scenario="掌握户籍人口变动",
        scope="全省户籍人口",
        until=timezone.localdate() + timedelta(days=365),
        case_bound=False,
    )
    act("sharing.request.submit", request.pk, actor=cast.at("civil_affairs", "office"), scene=SCENE)
    act("sharing.request.consent", request.pk, actor=cast.at("civil_affairs", "head"), scene=SCENE)
    road.decide_requests(cast, [request])
    made = act(
        "delivery.delivery.open",
        actor=cast.at("civil_affairs", "handler"),
        scene=SCENE,
        grant=Grant.objects.get(request=request).pk,
        target=Source.objects.get(alias=road.RECEIVING).pk,
        target_table="resident",
    )
    road.wait_for("delivery", lambda: Delivery.objects.filter(pk=made.pk, state="current").first())


def _copies() -> dict[str, str]:
    from jiangyuan.resources.ingestion.models import Mount

    names = ("resident", "death_registration")
    kept = Mount.objects.filter(table__name__in=names, table__source__alias="public_security_front")
    return {mount.table.name: mount.store_table for mount in kept.select_related("table")}


def look(home: Path, owner_url: str) -> dict[str, Any]:
    """Look through the memory of a running platform: the log, the acts and their events, the reads."""
    os.environ.update(JIANGYUAN_HOME=str(home), JIANGYUAN_DATABASE_URL=owner_url, JIANGYUAN_OWNER_URL=owner_url)
    import django

    django.setup()
    import psycopg

    from jiangyuan.kernel import evidence

    evidence.sequence_once()
    report = evidence.verify_log()
    with psycopg.connect(owner_url) as connection:
        ask = lambda query: [tuple(map(str, row)) for row in connection.execute(query).fetchall()]  # noqa: E731
        unstarted = ask(
            "SELECT DISTINCT read FROM kernel_access WHERE phase = 'finished' EXCEPT"
            " SELECT read FROM kernel_access WHERE phase = 'started'"
        )
        twice = ask("SELECT read, phase FROM kernel_access GROUP BY read, phase HAVING count(*) > 1")
        # what the log does not hold yet, apart from what other processes wrote since it was sequenced
        reads = ask("SELECT phase, count(*) FROM kernel_access GROUP BY phase")
    return {
        "faults": [str(fault) for fault in report.faults],
        "leaves": report.size,
        "events": report.events,
        "reads": dict(reads),
        "unproved": _acts_without_event(),
        "unstarted": unstarted,
        "twice": twice,
    }


def _acts_without_event() -> list[str]:
    """Every version of every object was made by an act, so it stands in the memory, each once."""
    from django.apps import apps

    from jiangyuan.kernel.models import Event, Record

    told: dict[str, list[int]] = {}
    for event in Event.objects.exclude(object_id=None).iterator():
        told.setdefault(str(event.object_id), []).append(int(event.content["object"]["version"]))
    wrong = []
    for model in apps.get_models():
        if not issubclass(model, Record):
            continue
        for key, version in model.objects.values_list("pk", "version"):
            known = sorted(set(told.get(str(key), [])))
            if known and known[-1] != version:
                wrong.append(f"{model.__name__} {key}: version {version}, events {known[-3:]}")
    return wrong


def main() -> None:
    order, home, *words = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
    answer = build(Path(home), int(words[0])) if order == "build" else look(Path(home), words[0])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
