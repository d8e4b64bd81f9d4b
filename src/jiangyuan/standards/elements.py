"""The national data elements, and the models of tables made of them, that the platform starts with, as data.

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
        ("民族", "民族代码", "ethnicity", "ethnicity_code", "nation"),
        length=2,
        grade=2,
        personal=True,
        code_set="ethnicity",
        standard="GB/T 3304-1991",
    ),
    Element(
        "marital_state",
        "婚姻状况",
        ("婚姻状况", "婚姻状况代码", "marital_status", "marital_status_code", "marital_state"),
        length=2,
        grade=2,
        personal=True,
        code_set="marital_state",
        standard="GB/T 2261.2-2003",
    ),
    Element(
        "education",
        "学历",
        ("学历", "学历代码", "文化程度", "文化程度代码", "education", "education_code"),
        length=2,
        grade=2,
        personal=True,
        code_set="education",
        standard="GB/T 4658-2006",
    ),
    Element(
        "document_type",
        "证件类型",
        ("证件类型", "证件类型代码", "证件种类", "证件种类代码", "id_type", "document_type"),
        length=3,
        grade=1,
        code_set="document_type",
        standard="GA/T 517-2004",
    ),
    Element(
        "industry",
        "行业门类代码",
        ("行业门类代码", "行业大类代码", "行业门类", "industry_code"),
        length=2,
        grade=1,
        code_set="industry",
        standard="GB/T 4754-2017",
    ),
    Element(
        "county",
        "县级及以上行政区划代码",
        ("县级行政区划代码", "县级区划代码", "所属县代码", "county_division"),
        length=6,
        grade=1,
        code_set="divisions_mca",
        standard="GB/T 2260-2007",
    ),
    Element(
        "statistical_county",
        "统计用县级区划代码",
        ("统计用区划代码", "统计区划代码", "statistical_division"),
        length=6,
        grade=1,
        code_set="divisions_nbs",
        standard="统计用区划代码",
    ),
    Element(
        "unit_of_measure",
        "计量单位代码",
        ("计量单位", "计量单位代码", "unit_code", "unit_of_measure"),
        length=3,
        grade=1,
        code_set="unit",
        standard="GB/T 17295-2008",
    ),
    Element(
        "organization_name",
        "机构名称",
        ("机构名称", "单位名称", "企业名称", "法人名称", "organization_name", "enterprise_name", "company_name"),
        length=200,
        grade=1,
    ),
    Element(
        "certificate_number",
        "证照编号",
        ("证照编号", "证照号码", "许可证编号", "许可证号", "certificate_number", "license_number"),
        length=80,
        grade=1,
    ),
    Element("certificate_name", "证照名称", ("证照名称", "许可证名称", "certificate_name"), length=200, grade=1),
    Element("issuing_body", "发证机关", ("发证机关", "颁发机构", "发证机构", "issuing_body"), length=200, grade=1),
    Element("valid_from", "有效期起始日期", ("有效期起始日期", "有效期起", "valid_from"), type="D", grade=1),
    Element("valid_until", "有效期截止日期", ("有效期截止日期", "有效期止", "valid_until"), type="D", grade=1),
    Element("established_on", "成立日期", ("成立日期", "成立时间", "注册日期", "established_on"), type="D", grade=1),
    Element("place_name", "地名", ("地名", "标准地名", "place_name"), length=200, grade=1, standard="GB/T 18521-2001"),
    Element("longitude", "经度", ("经度", "longitude", "lng"), type="N", grade=1, standard="CGCS2000"),
    Element("latitude", "纬度", ("纬度", "latitude", "lat"), type="N", grade=1, standard="CGCS2000"),
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


@dataclass(frozen=True, slots=True)
class Model:
    """One table model as it is shipped; `fields` are (name, element, required, key)."""

    code: str
    name: str
    description: str
    fields: tuple[tuple[str, str, bool, bool], ...]


MODELS = (
    Model(
        "person",
        "自然人基本信息",
        "一个自然人一行：人口基础库的公共部分。",
        (
            ("公民身份号码", "citizen_id", True, True),
            ("姓名", "person_name", True, False),
            ("性别", "sex", True, False),
            ("民族", "ethnicity", True, False),
            ("出生日期", "birth_date", True, False),
            ("婚姻状况", "marital_state", False, False),
            ("学历", "education", False, False),
            ("住址", "address", False, False),
            ("联系电话", "mobile", False, False),
            ("死亡日期", "death_date", False, False),
        ),
    ),
    Model(
        "legal_entity",
        "法人和其他组织基本信息",
        "一个法人或其他组织一行：法人基础库的公共部分。",
        (
            ("统一社会信用代码", "uscc", True, True),
            ("机构名称", "organization_name", True, False),
            ("法定代表人姓名", "person_name", True, False),
            ("法定代表人公民身份号码", "citizen_id", False, False),
            ("成立日期", "established_on", True, False),
            ("行业门类", "industry", False, False),
            ("行政区划", "division", True, False),
            ("住所", "address", False, False),
        ),
    ),
    Model(
        "place",
        "地名地址基本信息",
        "一个地点一行：自然资源和空间地理基础库中的地名地址。",
        (
            ("地名", "place_name", True, True),
            ("行政区划", "division", True, False),
            ("地址", "address", True, False),
            ("经度", "longitude", False, False),
            ("纬度", "latitude", False, False),
        ),
    ),
    Model(
        "certificate",
        "电子证照基本信息",
        "一本证照一行：电子证照基础库的公共部分。",
        (
            ("证照编号", "certificate_number", True, True),
            ("证照名称", "certificate_name", True, False),
            ("发证机关", "issuing_body", True, False),
            ("持有人姓名", "person_name", False, False),
            ("持有人公民身份号码", "citizen_id", False, False),
            ("持有单位统一社会信用代码", "uscc", False, False),
            ("有效期起始日期", "valid_from", True, False),
            ("有效期截止日期", "valid_until", False, False),
        ),
    ),
)
"""Own proposals made of the elements above, after the fields that the base registries of the plan have in common."""
