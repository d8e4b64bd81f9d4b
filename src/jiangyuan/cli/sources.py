"""`jiangyuan source`: the front-end databases and folders of departments."""

from __future__ import annotations

from jiangyuan.cli.guide import ROAD, group
from jiangyuan.cli.language import _
from jiangyuan.cli.steps import Detail, Field, Listing, Step, add

source = group(
    "source",
    _(
        "主路第一步：登记部门的前置库或文件夹，测试连接，扫描结构。\n\n"
        "由部门的数据共享经办人办理。口令密封保存，任何答复都不含口令；登记后自动测试一次连接。\n\n"
        "下一步：jiangyuan catalog draft，由扫描到的数据表编制目录。"
    ),
    ROAD,
)

add(
    source,
    Step("register", "sources.source.register", "/sources", _("登记数据源"), fields=(
        Field("body", _("所属部门"), "body", required=True),
        Field("name", _("名称"), required=True),
        Field("alias", _("别名，小写字母、数字和下划线"), required=True),
        Field("kind", _("种类：postgres、sqlite 或 folder"), required=True),
        Field("host", _("数据库主机")),
        Field("port", _("端口"), "number"),
        Field("database", _("数据库名")),
        Field("username", _("数据库用户")),
        Field("password", _("数据库口令"), "secret"),
        Field("path", _("文件或文件夹在文件根目录下的路径")),
        Field("receives", _("接收库：交换来的数据写入这里"), "flag"),
        Field("accepts_unbounded_slot", _("源库未限制复制槽占用，本部门知悉并同意实时捕获"), "flag"))),
    Listing("list", "/sources", _("列出数据源"), (
        ("id", _("编号")), ("alias", _("别名")), ("name", _("名称")), ("kind", _("种类")), ("state", _("状态")),
        ("last_tested_at", _("最近测试")), ("last_scanned_at", _("最近扫描"))),
        (Field("alias", _("别名")), Field("state", _("状态")), Field("kind", _("种类")))),
    Detail("show", "source", _("查看一个数据源，含最近一次连接测试的结果")),
    Step("test", "sources.source.test", "/sources/{id}/test", _("测试连接；结果稍后见 show"), "source"),
    Step("scan", "sources.source.scan", "/sources/{id}/scan", _("扫描结构；结果稍后见 tables"), "source"),
    Listing("scans", "/sources/scans", _("列出历次扫描和结构变化"), (
        ("id", _("编号")), ("source_id", _("数据源")), ("finished_at", _("完成时间")), ("tables", _("表")),
        ("columns", _("列")), ("difference", _("变化")), ("error", _("错误"))),
        (Field("source", _("数据源"), "source"),)),
    Listing("tables", "/sources/tables", _("列出扫描到的数据表"), (
        ("id", _("编号")), ("schema_name", _("模式")), ("name", _("表名")), ("comment", _("说明")), ("key", _("主键")),
        ("row_estimate", _("估计行数"))),
        (Field("source", _("数据源"), "source"), Field("name", _("表名")))),
    Step("change-password", "sources.source.change_password", "/sources/{id}/password", _("更换口令"), "source", (
        Field("password", _("新口令"), "secret", required=True),)),
    Step("retire", "sources.source.retire", "/sources/{id}/retire", _("停用数据源"), "source"),
)  # fmt: skip
