"""How interchange reads: verdicts, what was made of a cell and how it is mended, the words of its forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.wording import FIELDS, field_value
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say

VERDICTS: dict[str, Any] = {
    "good": gettext_lazy("可导入"),
    "guessed": gettext_lazy("可导入，有推断"),
    "refused": gettext_lazy("未通过，须改正"),
}
HOWS: dict[str, Any] = {
    "mapped": gettext_lazy("按对照表读取"),
    "guessed": gettext_lazy("推断"),
    "refused": gettext_lazy("未通过"),
}
NAMES: dict[str, Any] = {
    **FIELDS,
    "code": gettext_lazy("目录代码"),
    "department": gettext_lazy("提供方"),
    "part_of": gettext_lazy("所属目录"),
    "address": gettext_lazy("访问地址"),
}
REASONS: dict[str, Any] = {
    "spelling": gettext_lazy("“%(given)s”读作“%(taken)s”。"),
    "list": gettext_lazy("“%(given)s”是一组写法，读作“%(taken)s”。"),
    "remark_dropped": gettext_lazy("“%(given)s”中的附注已略去，读作“%(taken)s”。"),
    "markup_removed": gettext_lazy("已去掉网页标记，只留文字。"),
    "not_asked": gettext_lazy("文件中没有这一列，按“%(taken)s”。"),
    "probable": gettext_lazy("“%(given)s”推断为“%(taken)s”，请核对。"),
    "pattern": gettext_lazy("“%(given)s”按其中的字词推断为“%(taken)s”，请核对。"),
    "empty": gettext_lazy("没有填写，暂按“%(taken)s”，请核对。"),
    "several_formats": gettext_lazy("“%(given)s”有多种格式，取“%(taken)s”，请核对。"),
    "left_empty": gettext_lazy("没有填写，提交审核前须补齐。"),
    "share_from_open": gettext_lazy("没有填写，按开放类型推断为“%(taken)s”，请核对。"),
    "address_shared": gettext_lazy("另一行用了同一个访问地址，请核对是否重复。"),
    "body_otherwise": gettext_lazy("部门“%(given)s”没有登记，归入指定的部门，请核对。"),
    "no_name": gettext_lazy("没有目录名称。请填写名称。"),
    "name_is_number": gettext_lazy("名称“%(given)s”只是数字。请写明是什么数据。"),
    "too_long": gettext_lazy("共 %(given)s 个字，超过上限 %(taken)s。请删减。"),
    "code_form": gettext_lazy("“%(given)s”不能作代码。只用字母、数字和 . / : # - _，不超过 100 位。"),
    "classification": gettext_lazy("“%(given)s”不是分类代码。应为类 1 位、项 2 位、目 3 位，可带细目。"),
    "unknown_value": gettext_lazy("读不懂“%(given)s”。请从模板的“取值”表中选一项。"),
    "open_not_shared": gettext_lazy("不予共享的目录不能无条件开放。请改正其中一项。"),
    "repeated": gettext_lazy("与第 %(given)s 行重复。请删去其中一行，或改为不同的目录。"),
    "already": gettext_lazy("这条目录先前已经导入，没有再导入。请在目录中修改原有的草稿。"),
    "code_taken": gettext_lazy("目录中已有使用这个代码的条目。请修订原有目录，或删去这一行。"),
    "circle": gettext_lazy("所属关系绕成一圈：%(given)s。请改正其中一处。"),
    "unknown_parent": gettext_lazy("没有代码为“%(given)s”的目录。请核对所属目录的代码。"),
    "other_body": gettext_lazy("“%(given)s”不是本部门。只能导入本部门的目录；其他部门的请由其自行或由主管部门导入。"),
    "unknown_body": gettext_lazy("没有登记部门“%(given)s”。请核对名称，或先登记部门。"),
    "no_body": gettext_lazy("没有写明提供方。请补充部门名称。"),
    "item_name": gettext_lazy("信息项没有名称或名称过长：%(given)s。请改正。"),
    "item_grade": gettext_lazy("级别“%(given)s”应为 1 至 4。请改正。"),
    "item_mark": gettext_lazy("“%(given)s”应填“是”或“否”。请改正。"),
    "item_wrong": gettext_lazy("“信息项”表第 %(given)s 行有误。请先改正那一行。"),
    "item_twice": gettext_lazy("信息项“%(given)s”重复。请删去其中一个。"),
    "item_of_nothing": gettext_lazy("“目录”表中没有“%(given)s”。请核对目录名称或代码。"),
    "too_many_items": gettext_lazy("共 %(given)s 个信息项，超过上限 %(taken)s。请拆成几条目录。"),
}


PROBLEMS: dict[str, Any] = {
    "stalled": gettext_lazy("对方三次未在时限内答复，已停在这里，下次从这里继续。请与对方核实服务。"),
    "not_reached": gettext_lazy("无法访问对方，或对方要求转到别处、答复过大。请核对地址和出网白名单。"),
    "not_allowed": gettext_lazy("对方不允许访问。请核对令牌。"),
    "bad_status": gettext_lazy("对方答复出错。请与对方核实接口。"),
    "broken_json": gettext_lazy("对方的答复不是完整的 JSON。请与对方核实接口。"),
    "not_ckan": gettext_lazy("对方的答复不是 CKAN 的格式。请核对种类和地址。"),
    "too_many_records": gettext_lazy("对方一页给出的记录过多，未接收。请与对方核实分页。"),
    "too_many_pages": gettext_lazy("页数超过上限，已停止。请缩小来源的范围。"),
    "too_demanding": gettext_lazy("内容超出解析所允许的内存或时间，未接收。"),
    "repeated_page": gettext_lazy("对方重复给出同一页，已停止，没有标记消失的目录。请与对方核实分页。"),
    "fewer_than_claimed": gettext_lazy("对方给出的条数少于自称的总数，没有标记消失的目录。"),
    "more_than_claimed": gettext_lazy("对方给出的条数多于自称的总数，已全部接收。"),
    "broken_rdf": gettext_lazy("对方的答复不是可读的 Turtle、JSON-LD 或 RDF/XML。"),
    "entities": gettext_lazy("对方的 XML 含文档类型或实体声明，为安全起见未接收。请对方去掉。"),
    "remote_context": gettext_lazy("对方的 JSON-LD 引用外部上下文，为安全起见未接收。请对方把上下文写在文中。"),
    "reaches_out": gettext_lazy("对方的内容会引出其他连接，为安全起见未接收。"),
    "foreign_next": gettext_lazy("对方的下一页指向另一主机，没有跟随。"),
}
REFUSALS: dict[str, Any] = {
    "not_a_record": gettext_lazy("不是一条记录"),
    "no_id": gettext_lazy("没有编号，或编号过长"),
    "twice": gettext_lazy("同一次采集中重复出现"),
    "own": gettext_lazy("来自本平台，不再采回"),
    "elsewhere": gettext_lazy("已由另一来源采集"),
    "no_name": gettext_lazy("没有名称"),
    "name_is_number": gettext_lazy("名称只是数字"),
    "too_long": gettext_lazy("内容过长"),
    "unknown_value": gettext_lazy("取值无法识别"),
    "code_form": gettext_lazy("代码的写法不对"),
    "open_not_shared": gettext_lazy("不予共享却无条件开放"),
}


def problem_text(code: str, detail: str) -> str:
    """Say what was wrong with a run, with its detail."""
    text = str(PROBLEMS.get(code, code))
    return _("%(said)s（%(detail)s）") % {"said": text, "detail": detail} if detail else text


def told(note: Sequence[str], titles: Mapping[str, str] | None = None) -> str:
    """Say a note in a sentence: the column, what is the matter, and how it is mended. `titles`: headings by field."""
    _how, name, reason, given, taken = note
    shown = {"given": given or _("空"), "taken": field_value(name, taken) or taken}
    heading = next((title for title, field in (titles or {}).items() if field == name), "") or str(
        NAMES.get(name, name)
    )
    return _("%(column)s：%(said)s") % {"column": heading, "said": str(REASONS[reason]) % shown}


def reason_text(name: str, reason: str) -> str:
    """Say a reason for a list of counts, without what stood in one cell."""
    text = str(REASONS[reason]) % {"given": "…", "taken": "…"}
    return _("%(column)s：%(said)s") % {"column": NAMES.get(name, name), "said": text}


def register_words() -> None:
    """Register the words of this app's forms."""
    say(
        "catalog.batch.proceed",
        with_guessed=Shown(
            label=gettext_lazy("有推断的行也导入"),
            help=gettext_lazy("推断的内容写在核对结果中，导入后可逐条修改；不勾选则只导入没有推断的行。"),
        ),
    )
    address = Shown(label=gettext_lazy("接口地址"), help=gettext_lazy("http 或 https 开头，不带用户名和口令。"))
    name = Shown(label=gettext_lazy("名称"), help=gettext_lazy("对方目录的叫法。"))
    say(
        "catalog.harvest.register",
        body=Shown(hidden=True),
        name=name,
        kind=Shown(label=gettext_lazy("种类"), choices=[("ckan", "CKAN"), ("dcat", "DCAT")], control="radio"),
        address=address,
        node=Shown(
            label=gettext_lazy("对方节点"),
            help=gettext_lazy("对方在来源链中的名称，小写字母和数字，例如 gansu；用来防止目录绕一圈又回来。"),
        ),
        token=Shown(
            label=gettext_lazy("访问令牌"),
            help=gettext_lazy("对方要求时填写，加密保存。"),
            control="password",
            secret=True,
        ),
        hours=Shown(label=gettext_lazy("采集间隔"), unit=gettext_lazy("小时")),
    )
    say(
        "catalog.harvest.start",
        whole=Shown(
            label=gettext_lazy("全部重新采集"),
            help=gettext_lazy("不勾选则只取上次以后变化的；全部采集才能发现消失的目录。"),
        ),
    )
    say(
        "catalog.docking.register",
        body=Shown(hidden=True),
        name=name,
        profile=Shown(label=gettext_lazy("对接配置"), help=gettext_lazy("声明对方的字段、代码和签名方式。")),
        address=address,
        account=Shown(label=gettext_lazy("账号"), help=gettext_lazy("对方分配的应用编号。")),
        secret=Shown(
            label=gettext_lazy("密钥"),
            help=gettext_lazy("对方分配的签名密钥，加密保存。"),
            control="password",
            secret=True,
        ),
    )
