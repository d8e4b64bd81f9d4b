"""What the limited process found or could not read, in words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jiangyuan.data.connectors.interface import Finding, SourceRefused

PROBLEMS: dict[str, tuple[Any, Any]] = {
    "encoding": (
        _("文件“%(file)s”的编码既不是 UTF-8，也不是 GB18030 或带标记的 UTF-16"),
        _("请用原软件另存为 UTF-8 编码的文件。"),
    ),
    "encoding_damaged": (
        _("文件“%(file)s”标明为 %(encoding)s 编码，但第 %(byte)s 字节处已损坏"),
        _("请重新导出该文件。"),
    ),
    "not_text": (_("文件“%(file)s”不是文本、表格或 JSON"), _("请提供 CSV、Excel 或 JSON 文件。")),
    "markup": (_("文件“%(file)s”实为网页或 XML，只是扩展名像表格"), _("请在 Excel 中打开后另存为 xlsx 或 CSV。")),
    "empty": (_("文件“%(file)s”中没有数据"), _("请核对导出条件后重新导出。")),
    "broken_rows": (
        _("文件“%(file)s”中有些行的列数与表头不符"),
        _("请检查引号和分隔符是否成对，或另存为 xlsx 后再放入。"),
    ),
    "broken_sheet": (_("文件“%(file)s”的表格已损坏或不是真正的 Excel 文件"), _("请用 Excel 打开并另存为 xlsx。")),
    "broken_archive": (_("文件“%(file)s”的压缩内容已损坏"), _("请重新压缩或另存后再放入。")),
    "broken_json": (_("文件“%(file)s”不是完整的 JSON（第 %(place)s 个字符附近）"), _("请重新导出完整的 JSON。")),
    "json_shape": (_("文件“%(file)s”中的 JSON 不是对象的列表"), _("请导出为对象数组，每个对象一行数据。")),
    "encrypted": (_("文件“%(file)s”设有打开密码"), _("请取消密码后重新保存。")),
    "bomb": (_("文件“%(file)s”展开后超出允许的大小，疑似压缩炸弹"), _("请拆分为较小的文件，或核对文件来源。")),
    "too_large": (_("文件“%(file)s”超过 %(limit)s 字节的上限"), _("请拆分文件，或改用数据库作为来源。")),
    "too_many_rows": (_("文件“%(file)s”超过 %(limit)s 行的上限"), _("请拆成几个文件，分次提交。")),
    "too_many_columns": (
        _("文件“%(file)s”第 %(row)s 行超过 %(limit)s 列的上限"),
        _("请删去与模板无关的列。"),
    ),
    "too_slow": (_("文件“%(file)s”在 %(seconds)s 秒内未能读完"), _("请拆分文件，或改用数据库作为来源。")),
    "too_demanding": (_("文件“%(file)s”超出解析所允许的内存或时间"), _("请拆分文件，或另存为 CSV 后再放入。")),
    "symlink": (_("“%(file)s”是符号链接，已略过"), _("请把文件本身复制到来源文件夹中。")),
    "deep": (_("文件夹“%(file)s”层次过深，已略过"), _("请把文件放在层次较浅的文件夹中。")),
    "unknown_format": (_("不支持文件“%(file)s”的格式"), _("请提供 CSV、TXT、Excel 或 JSON 文件；压缩包请先解压。")),
}

NOTES: dict[str, Any | Callable[[int], str]] = {
    "encoding": _("编码识别为 %(encoding)s"),
    "delimiter": _("分隔符识别为“%(delimiter)s”"),
    "title": _("第 %(row)s 行识别为标题：%(text)s"),
    "footnote": _("识别为脚注，未计入数据：%(text)s"),
    "blank_rows": _("第 %(row)s 行前的空行已略过，数据继续"),
    "header_missing": _("第 %(row)s 行起没有表头，列名按顺序编号"),
    "header_rows": _("表头由 %(rows)s 行组成，已合并"),
    "header_repeated": _("第 %(row)s 行重复出现的表头已略过"),
    "header_name": _("列名“%(from)s”规范为“%(to)s”"),
    "header_duplicate": _("重复的列名“%(from)s”改为“%(to)s”"),
    "month_ten": _("列名“%(from)s”按前后月份判断为“%(to)s”"),
    "stacked": _("第 %(row)s 行起是同一工作表中的另一张表，已分开"),
    "merged_filled": _("合并单元格的值已填入其覆盖的各行"),
    "empty_column": _("第 %(column)s 列没有表头也没有数据，已略过"),
    "concatenated": _("文件由 %(arrays)s 个 JSON 数组首尾相接而成，已合并"),
    "number_precision": _("有数字超过 15 位，表格软件可能已丢失末位；证件号码请以文本保存"),
    "full_width": lambda count: ngettext(
        "列“%(column)s”有 %(count)s 个值的全角字符改为半角", "列“%(column)s”有 %(count)s 个值的全角字符改为半角", count
    ),
    "trimmed": lambda count: ngettext(
        "列“%(column)s”有 %(count)s 个值去掉了首尾空白", "列“%(column)s”有 %(count)s 个值去掉了首尾空白", count
    ),
    "thousands": lambda count: ngettext(
        "列“%(column)s”有 %(count)s 个值去掉了千位分隔符", "列“%(column)s”有 %(count)s 个值去掉了千位分隔符", count
    ),
    "percent": _("列“%(column)s”去掉了百分号，数值单位为百分之一"),
    "nothing_marks": lambda count: ngettext(
        "列“%(column)s”有 %(count)s 个“-”“…”“NaN”等记号按空值处理",
        "列“%(column)s”有 %(count)s 个“-”“…”“NaN”等记号按空值处理",
        count,
    ),
    "dates": _("列“%(column)s”识别为日期或时间"),
}


def files(count: int) -> str:
    """Say how many files there are."""
    return ngettext("%(count)s 个文件", "%(count)s 个文件", count)


def problem(code: str, params: dict[str, Any], file: str) -> SourceRefused:
    """Make the refusal for what is wrong with a file; an unknown code reads as one beyond the limits."""
    message, mend = PROBLEMS.get(code, PROBLEMS["too_demanding"])
    return SourceRefused(message % {**params, "file": file}, code=f"source.file.{code}", where=file, mend=mend)


def finding(level: str, code: str, params: dict[str, Any]) -> Finding:
    """Make one finding of the per-file report."""
    message = NOTES[code]
    said: Any = message(params["count"]) if callable(message) else message
    return Finding(level, code, said % params)  # pyright: ignore[reportArgumentType]


def messages() -> Iterator[Any]:
    """Give every message that a file may have left beside a source, to be said again to another reader."""
    yield files
    yield from NOTES.values()
    for told in PROBLEMS.values():
        yield from told
