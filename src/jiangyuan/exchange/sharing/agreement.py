"""The texts both sides stand by: sharing agreement (共享协议) and security commitment (安全承诺书).

Written from the request at the moment of agreement and kept with the grant; their SM3 digests go into the memory, so
that a text shown later can be held against what was agreed. Chinese by rule: they are documents of record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone, translation

from jiangyuan.exchange.sharing import terms
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import ciphers
from jiangyuan.ui import conditions

FORMS = {"match": "核验（服务接口）", "query": "查询（服务接口）", "table": "库表交换（批量交换）"}
MASKS = {
    "none": "原值",
    "redact": "不显示",
    "keep": "保留前 {first} 位、后 {last} 位",
    "name": "仅显示姓氏首字",
    "phone": "隐去中间四位",
    "division": "仅显示前六位行政区划",
    "birth_year": "仅显示出生年份",
    "year": "仅显示年份",
    "round": "按 {unit} 取整",
    "bucket": "按 {unit} 分档",
    "token": "以不可还原的令牌替代",
}


def digest(text: str) -> str:
    """Give the SM3 digest of a text (UTF-8) as 64 hexadecimal digits."""
    return ciphers.sm3(text.encode()).hex()


def _mask(form: Mapping[str, Any]) -> str:
    return MASKS.get(form["kind"], form["kind"]).format(**{"first": 0, "last": 0, "unit": 0, **form})


def number_of(thing: Request | Grant) -> str:
    """Give the number of a record's documents: 江源共享〔2026〕, then the record's own number, which nothing else has."""
    year = timezone.localtime(thing.created_at).year
    return f"江源共享〔{year}〕{str(thing.pk).upper()} 号"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _rows(grant: Grant) -> str:
    """Say which records are shared; the digest tells conditions apart whose long lists of values are cut short here."""
    with translation.override("zh-hans"):
        said = conditions.sentence(grant.condition, terms.names_of(grant.entry))
    return said if grant.condition is None else f"{said}（条件摘要 {digest(repr(grant.condition))[:16]}）"


def agreement_text(grant: Grant, *, day: date) -> str:
    """Write the sharing agreement of a grant that is being made, dated `day` (art. 20-22, 25, 27, 29)."""
    request = grant.request
    items = "\n".join(
        f"  {number}. {item['name']}（{item['column']}）：{_mask(item['mask'])}"
        for number, item in enumerate(grant.items, start=1)
    )
    bound = "仅限已登记办件名单内的人员" if grant.case_bound else "以使用范围为限"
    return f"""政务数据共享协议

编号：{number_of(request)}
提供方：{grant.provider.name}
使用方：{grant.consumer.name}
使用系统：{grant.system.name}（{grant.system.code}）
签订日期：{_day(day)}

一、共享数据：{grant.entry.known_name}（目录代码 {grant.entry.code}）
二、信息项与脱敏方式：
{items}
三、数据范围：{_rows(grant)}；{bound}
四、使用依据：{request.basis}
五、使用场景：{request.scenario}（用途代码 {grant.purpose}）
六、使用范围：{request.scope or "以使用场景为限"}
七、共享方式：{"、".join(FORMS[form] for form in grant.forms)}
八、使用期限：自开通之日起至{_day(grant.until)}（含当日）
九、提供方自答复之日起二十个工作日内提供数据（《政务数据共享条例》第二十二条），无正当理由不得终止或者变更服务（第二十七条）。
十、使用方不得超出上述范围使用数据，未经提供方同意不得提供给第三方（第二十五条）；使用目的实现后按提供方要求处置数据。
十一、使用方记录使用场景、过程、结果、存储、销毁等情况，保存不少于三年（第二十九条）。
"""


def commitment_text(grant: Grant, *, day: date) -> str:
    """Write the security commitment that the consumer makes with the agreement, dated `day`."""
    return f"""政务数据安全承诺书

{grant.provider.name}：

我单位（{grant.consumer.name}）通过应用系统“{grant.system.name}”使用贵单位共享的“{grant.entry.known_name}”数据，郑重承诺：

一、只用于协议（编号 {number_of(grant.request)}）载明的场景，不扩大使用范围，不用于其他目的。
二、不向第三方提供，不还原已脱敏的信息，不将多次获得的数据拼接以识别个人。
三、落实网络安全、数据安全和个人信息保护的管理制度和技术措施，指定专人负责。
四、发生或者可能发生数据泄露、篡改、丢失时，立即采取补救措施，并告知贵单位和共享主管部门。
五、自觉接受监督检查；违反承诺的，承担《政务数据共享条例》第四十条规定的责任。

使用方：{grant.consumer.name}
日期：{_day(day)}
"""
