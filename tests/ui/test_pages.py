"""A form on a page: done once, refused kindly, never off this site."""

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from jiangyuan.kernel.errors import Broken, Forbidden, Refused
from jiangyuan.kernel.models import Clock
from jiangyuan.ui import parts
from jiangyuan.ui.forms import KEY, VERSION, form_for
from jiangyuan.ui.pages import act_from_form, form_page, page
from jiangyuan.ui.pages import urlpatterns as ui_urls
from jiangyuan.ui.session import require_actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.usefixtures("signed_in", "actions")]


def rename_page(request: HttpRequest, pk: str) -> HttpResponse:
    if request.method == "POST":
        return act_from_form(
            request, "test.clock.rename", pk, done="/home/", next_step="提供方将在 10 个工作日内答复。"
        )
    return form_page(request, form_for("test.clock.rename", version=1))


def stop_page(request: HttpRequest, pk: str) -> HttpResponse:
    return act_from_form(request, "test.clock.stop", pk, done=request.GET.get("done", "/home/"))


def home(request: HttpRequest) -> HttpResponse:
    return page(
        request, "ui/detail.html", header=parts.Header(title="到了"), sections=(parts.Confirmation(title="到了"),)
    )


def fail(request: HttpRequest) -> HttpResponse:
    require_actor(request)
    raise {"broken": Broken("disk full: /secret"), "forbidden": Forbidden("暂不能查看", article="第九条", mend="可申请。"),
           "refused": Refused("不行")}[request.GET["how"]]  # fmt: skip


urlpatterns = [
    *ui_urls,
    path("rename/<str:pk>/", rename_page),
    path("stop/<str:pk>/", stop_page),
    path("home/", home),
    path("fail/", fail),
    path("i18n/", include("django.conf.urls.i18n")),
]
handler404 = "jiangyuan.ui.errors.not_found"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def sent(**changes: str) -> dict[str, Any]:
    return {"name": "新名称", VERSION: "1", KEY: "k-1", **changes}


def test_done_says_what_happens_next_and_is_done_once(client: Client, clock: Clock) -> None:
    for _time in range(2):
        answer = client.post(f"/rename/{clock.pk}/", sent())
        assert (answer.status_code, answer["Location"]) == (303, "/home/")
    clock.refresh_from_db()
    assert (clock.object_type, clock.version) == ("新名称", 2)
    assert "已完成：更名。 提供方将在 10 个工作日内答复。" in client.get("/home/").content.decode()


@pytest.mark.parametrize(("name", "said"), [("短", "内容过短"), ("不行", "名称已被使用（第一条） 请换一个。")])
def test_refused_keeps_what_was_typed(client: Client, clock: Clock, name: str, said: str) -> None:
    answer = client.post(f"/rename/{clock.pk}/", sent(name=name))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert (
        said in html
        and f'value="{name}"' in html
        and 'href="#test-clock-rename_name"' in html
        and 'value="k-1"' in html
    )
    assert 'aria-invalid="true"' in html and 'id="test-clock-rename_name_error"' in html


def test_somebody_else_was_faster(client: Client, clock: Clock) -> None:
    Clock.objects.filter(pk=clock.pk).update(version=5)
    answer = client.post(f"/rename/{clock.pk}/", sent())
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "内容已被他人更新" in html and 'value="新名称"' in html and f'name="{VERSION}" value="5"' in html
    assert 'value="k-1"' not in html


def test_a_single_button_leaves_its_refusal_as_a_message(client: Client, clock: Clock) -> None:
    assert client.post(f"/stop/{clock.pk}/", {VERSION: "1"})["Location"] == "/home/"
    client.get("/home/")
    assert client.post(f"/stop/{clock.pk}/", {})["Location"] == "/home/"
    assert "已经停了 不必再停。" in client.get("/home/").content.decode()


def test_never_off_this_site(client: Client, clock: Clock) -> None:
    answer = client.post(f"/stop/{clock.pk}/?done=https://elsewhere.example/", {})
    assert answer["Location"] == "/"


def test_htmx_gets_the_content_alone(client: Client) -> None:
    whole, part = client.get("/home/"), client.get("/home/", headers={"HX-Request": "true"})
    assert "<!doctype html>" in whole.content.decode() and "<!doctype html>" not in part.content.decode()
    assert "到了" in part.content.decode() and "HX-Request" in part["Vary"]


def test_a_stranger_is_led_to_the_login_and_back(client: Client, clock: Clock, signed_in: dict[str, Any]) -> None:
    signed_in["actor"] = None
    assert client.get("/fail/?how=refused")["Location"] == "/login/?next=%2Ffail%2F%3Fhow%3Drefused"
    answer = client.post(f"/stop/{clock.pk}/", {}, headers={"Referer": "https://elsewhere.example/"})
    assert answer["Location"] == "/login/?next=%2F"
    assert client.get("/fail/?how=refused", headers={"HX-Request": "true"})["HX-Redirect"].startswith("/login/")
    assert client.get("/fail/?how=refused", headers={"Accept": "application/json"}).json()["code"] == "login_required"


def test_errors_say_what_why_and_what_to_do(client: Client) -> None:
    answer = client.get("/fail/?how=forbidden")
    html = answer.content.decode()
    assert answer.status_code == 403 and all(t in html for t in ("暂不能查看", "第九条", "可申请。"))
    broken = client.get("/fail/?how=broken")
    assert broken.status_code == 500 and "secret" not in broken.content.decode()
    assert broken["X-Request-ID"] in broken.content.decode()
    assert client.get("/nowhere/").status_code == 404
    assert "请核对地址" in client.get("/nowhere/").content.decode()
    notice = client.get("/fail/?how=refused", headers={"HX-Request": "true"})
    assert (notice.status_code, notice["HX-Retarget"]) == (422, "#jy-notices")


def test_headers_and_languages(client: Client) -> None:
    answer = client.get("/home/", headers={"Accept-Language": "en", "X-Request-ID": "abc-12345678"})
    assert "'unsafe" not in answer["Content-Security-Policy"] and answer["X-Request-ID"] == "abc-12345678"
    assert answer["Cache-Control"] == "private, no-store"
    assert 'lang="zh-CN"' in answer.content.decode()
    client.post("/i18n/setlang/", {"language": "en", "next": "/home/"})
    assert 'lang="en"' in client.get("/home/").content.decode()


def test_a_body_too_large_is_not_read(client: Client) -> None:
    answer = client.generic("POST", "/home/", b"x", CONTENT_LENGTH=str(10**12))
    assert answer.status_code == 413


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_living_page_draws_every_part(client: Client, language: str) -> None:
    client.cookies["django_language"] = language
    answer = client.get("/patterns/")
    html = answer.content.decode()
    assert answer.status_code == 200
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    referred = " ".join(re.findall(r'(?:for|aria-describedby)="([^"]+)"', html)).split()
    assert set(referred) <= set(ids)
    for inline in ("<script>", "onclick=", "style=", "javascript:"):
        assert inline not in html
    # rooms have parts of their own, which their pages show
    for template in (p.template for p in parts.Part.__subclasses__() if p.template.startswith("ui/parts/")):
        assert template in {t.name for t in answer.templates}, template


def test_the_living_page_is_for_staff(client: Client, signed_in: dict[str, Any]) -> None:
    signed_in["actor"] = None
    assert client.get("/patterns/").status_code == 302
