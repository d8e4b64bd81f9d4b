"""The national data elements and code sets that the platform starts with, as data.

Each element names the standard it comes from; a province adds its own by action. Grades follow the floors of
GB/T 43697-2024 (general data 1-4); masks are those of `data.masking`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Element:
    """One data element as it is shipped."""

    code: str
    name: str
    synonyms: tuple[str, ...]
    type: str = "C"
    length: int | None = None
    pattern: str = ""
    check: str = ""
    grade: int = 1
    personal: bool = False
    mask: dict[str, str | int] = field(default_factory=dict)
    code_set: str = ""
    standard: str = ""


ELEMENTS = (
    Element(
        "citizen_id",
        "公民身份号码",
        ("公民身份号码", "身份证号", "身份证号码", "身份证件号码", "citizen_id", "id_number", "idcard", "sfzh"),
        length=18,
        check="citizen_id",
        grade=3,
        personal=True,
        mask={"kind": "division"},
        standard="GB 11643-1999",
    ),
    Element(
        "person_name",
        "姓名",
        ("姓名", "持有人姓名", "权利人姓名", "法定代表人姓名", "name", "full_name", "person_name"),
        length=50,
        grade=2,
        personal=True,
        mask={"kind": "name"},
        standard="GB/T 2261",
    ),
    Element(
        "uscc",
        "统一社会信用代码",
        ("统一社会信用代码", "社会信用代码", "credit_code", "uscc"),
        length=18,
        check="uscc",
        grade=1,
        standard="GB 32100-2015",
    ),
    Element(
        "mobile",
        "手机号码",
        ("手机号码", "手机号", "联系电话", "mobile", "phone", "telephone"),
        length=11,
        check="mobile",
        grade=3,
        personal=True,
        mask={"kind": "phone"},
    ),
    Element(
        "birth_date",
        "出生日期",
        ("出生日期", "出生年月日", "birth_date", "date_of_birth", "birthday"),
        type="D",
        grade=2,
        personal=True,
        mask={"kind": "year"},
        standard="GB/T 7408",
    ),
    Element("death_date", "死亡日期", ("死亡日期", "death_date", "date_of_death"), type="D", grade=2, personal=True),
    Element(
        "sex",
        "性别",
        ("性别", "性别代码", "sex", "gender"),
        length=1,
        grade=2,
        personal=True,
        code_set="sex",
        standard="GB/T 2261.1-2003",
    ),
    Element(
        "ethnicity",
        "民族",
        ("民族", "民族代码", "ethnicity", "nation"),
        grade=2,
        personal=True,
        standard="GB/T 3304-1991",
    ),
    Element(
        "address",
        "住址",
        ("住址", "地址", "户籍地址", "现住址", "居住地址", "坐落", "address", "residence"),
        length=300,
        grade=3,
        personal=True,
        mask={"kind": "redact"},
    ),
    Element(
        "division",
        "行政区划代码",
        ("行政区划代码", "区划代码", "所属区划", "division", "division_code", "township_code", "county_code"),
        length=12,
        grade=1,
        standard="GB/T 2260-2007",
    ),
    Element(
        "household_number", "户号", ("户号", "户籍编号", "household_number", "household_id"), grade=2, personal=True
    ),
    Element(
        "bank_card",
        "银行账号",
        ("银行账号", "银行卡号", "开户账号", "bank_account", "bank_card"),
        grade=4,
        personal=True,
        mask={"kind": "redact"},
    ),
    Element(
        "diagnosis",
        "疾病诊断",
        ("疾病诊断", "诊断", "病种", "疾病名称", "diagnosis", "disease", "disease_name"),
        grade=4,
        personal=True,
        mask={"kind": "redact"},
        standard="GB/T 45574-2025",
    ),
    Element(
        "income",
        "收入",
        ("收入", "月收入", "工资", "缴费基数", "income", "salary", "contribution_base"),
        type="N",
        grade=3,
        personal=True,
    ),
)

SEX = (("0", "未知的性别"), ("1", "男"), ("2", "女"), ("9", "未说明的性别"))
"""GB/T 2261.1-2003."""
