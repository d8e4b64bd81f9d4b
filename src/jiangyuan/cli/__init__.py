"""The command line: `jiangyuan`. Its help reads like a guide of the main road, and every step of the road is a command.

The commands of the road are clients of REST and of the gateway, so no door is passed by; only what keeps the platform
itself (`up`, `demo`, `migrate`, `keys`) runs on its machine. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from jiangyuan.cli import memory, platform, session, signing_in
from jiangyuan.cli.catalog import catalog
from jiangyuan.cli.census import census
from jiangyuan.cli.claiming import claim, clock, update
from jiangyuan.cli.coverage import commit, duty, important, origin
from jiangyuan.cli.delivery import call, deliver
from jiangyuan.cli.guide import ROAD, RUNNING, Guide, GuideGroup, run
from jiangyuan.cli.interchange import interchange
from jiangyuan.cli.language import _
from jiangyuan.cli.organization import org
from jiangyuan.cli.resources import check, mount
from jiangyuan.cli.searching import search
from jiangyuan.cli.sharing import share
from jiangyuan.cli.sources import source
from jiangyuan.cli.standards import standard

app = Guide(
    name="jiangyuan",
    help=_(
        "江源：一体化政务大数据平台。\n\n"
        "先用 `jiangyuan demo` 看一遍；再用 `jiangyuan up` 启动自己的平台，用 `jiangyuan login` 登录，"
        "然后沿主路走：登记数据源 → 编目 → 挂载 → 质检 → 申请与授权 → 交付 → 留痕与验证。"
        "每一步的 --help 说明由谁办理、下一步是什么。\n\n"
        "退出码：0 办成，1 被拒绝或验证不通过，2 未能开始（写法有误、文件读不到、平台连不上）。"
    ),
    cls=GuideGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _root(
    lang: Annotated[str, typer.Option("--lang", help=_("语言：zh 或 en；默认按 LANG"), metavar="zh|en")] = "",
    login: Annotated[str, typer.Option("--as", help=_("以哪次登录的身份办事（见 whoami）"), metavar=_("名称"))] = "",
) -> None:
    # the language was chosen before the line was read, so that help and errors speak it too
    session.act_as(login)


signing_in.register(app)
for _group in (
    org, source, census, catalog, interchange, standard, duty, origin, commit, important, update, claim, clock, mount, check, share, deliver, call,
):  # fmt: skip
    app.add_typer(_group, rich_help_panel=ROAD)
memory.register(app)
platform.register(app)
app.add_typer(search, rich_help_panel=RUNNING)


def main() -> None:
    """Run the command line."""
    sys.exit(run(app, sys.argv[1:]))
