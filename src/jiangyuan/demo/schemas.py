"""The departments' front-end databases: systems, tables and columns, with their Chinese comments.

A table has a surrogate key `record_id` and the time of its last change, as front-end databases have. `persons` names the
columns that hold a citizen id, each with the column that holds that person's name.

Codes: sex GB/T 2261.1, marital status GB/T 2261.2, ethnicity GB/T 3304, divisions GB/T 2260 and the nine-digit codes
below it, industry GB/T 4754, illness ICD-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column: name, PostgreSQL type, Chinese comment, NOT NULL or not."""

    name: str
    type: str
    comment: str
    required: bool


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of a department; `persons` maps citizen-id columns to name columns ("" where there is none)."""

    name: str
    comment: str
    columns: tuple[ColumnSpec, ...]
    persons: Mapping[str, str]
    indexes: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class DepartmentSpec:
    """A department: code in names of databases and roles, Chinese name, its system, its tables."""

    code: str
    name: str
    system: str
    tables: tuple[TableSpec, ...]


def _table(name: str, comment: str, columns: str, *, persons: Mapping[str, str] | None = None,
           indexes: str = "", unique: str = "") -> TableSpec:  # fmt: skip
    """Read `name type comment` lines; an exclamation mark after the type means NOT NULL."""
    lines = ["record_id bigint! 记录主键", *columns.strip().splitlines(), "updated_at timestamptz! 更新时间"]
    found = []
    for line in lines:
        column, kind, comment_of = line.strip().split(" ", 2)
        found.append(ColumnSpec(column, kind.rstrip("!"), comment_of, kind.endswith("!")))
    return TableSpec(
        name,
        comment,
        tuple(found),
        MappingProxyType(dict(persons or {})),
        tuple(indexes.split()),
        tuple(unique.split()),
    )


PUBLIC_SECURITY = DepartmentSpec(
    "public_security", "青海省公安厅", "人口信息管理系统",
    (
        _table("resident", "常住人口基本信息", """
            citizen_id text! 公民身份号码
            name text! 姓名
            sex_code char(1)! 性别代码
            ethnicity_code char(2)! 民族代码
            birth_date date! 出生日期
            household_number text! 户号
            relation_to_head text! 与户主关系
            division_code char(6)! 户籍地县级行政区划代码
            township_code char(9)! 户籍地乡镇（街道）代码
            registered_address text! 户籍地址
            phone text 联系电话
            marital_status_code char(2) 婚姻状况代码
            life_status text! 人员状态（正常、死亡注销）
            """, persons={"citizen_id": "name"}, indexes="household_number", unique="citizen_id"),
        _table("household", "家庭户登记信息", """
            household_number text! 户号
            household_kind text! 户类型
            head_citizen_id text! 户主公民身份号码
            head_name text! 户主姓名
            township_code char(9)! 乡镇（街道）代码
            address text! 户籍地址
            member_count integer! 户内人数
            established_on date! 立户日期
            """, persons={"head_citizen_id": "head_name"}, unique="household_number"),
        _table("death_registration", "死亡登记信息", """
            certificate_number text! 死亡医学证明书编号
            citizen_id text! 公民身份号码
            name text! 姓名
            death_date date! 死亡日期
            registered_on date! 登记日期
            township_code char(9)! 户籍地乡镇（街道）代码
            """, persons={"citizen_id": "name"}, indexes="citizen_id", unique="certificate_number"),
    ),
)  # fmt: skip

CIVIL_AFFAIRS = DepartmentSpec(
    "civil_affairs", "青海省民政厅", "社会救助和婚姻登记信息系统",
    (
        _table("social_assistance_case", "社会救助案件", """
            case_number text! 案件编号
            assistance_kind text! 救助类别
            applicant_citizen_id text! 申请人公民身份号码
            applicant_name text! 申请人姓名
            applicant_phone text 申请人联系电话
            township_code char(9)! 受理乡镇（街道）代码
            residence_address text 居住地址
            member_count integer! 家庭人数
            monthly_income_per_head numeric(10,2) 家庭月人均收入（元）
            monthly_allowance numeric(10,2)! 月救助金额（元）
            status text! 案件状态（审核中、已批准、已停发）
            applied_on date! 申请日期
            approved_on date 批准日期
            """, persons={"applicant_citizen_id": "applicant_name"}, indexes="applicant_citizen_id", unique="case_number"),
        _table("case_member", "社会救助案件家庭成员", """
            case_number text! 案件编号
            citizen_id text 公民身份号码
            name text! 姓名
            relation_to_applicant text! 与申请人关系
            receives_allowance boolean! 是否享受救助金
            """, persons={"citizen_id": "name"}, indexes="citizen_id case_number"),
        _table("marriage", "婚姻登记信息", """
            certificate_number text! 结婚证字号
            husband_citizen_id text! 男方公民身份号码
            husband_name text! 男方姓名
            wife_citizen_id text! 女方公民身份号码
            wife_name text! 女方姓名
            registered_on date! 登记日期
            registration_office text! 登记机关
            status text! 婚姻状态（结婚、离婚）
            divorced_on date 离婚日期
            """, persons={"husband_citizen_id": "husband_name", "wife_citizen_id": "wife_name"},
            indexes="husband_citizen_id wife_citizen_id"),
    ),
)  # fmt: skip

MARKET_REGULATION = DepartmentSpec(
    "market_regulation", "青海省市场监督管理局", "经营主体登记注册系统",
    (
        _table("enterprise", "经营主体登记信息", """
            uscc text! 统一社会信用代码
            name text! 名称
            enterprise_kind text! 主体类型
            legal_representative_citizen_id text! 法定代表人（经营者）公民身份号码
            legal_representative_name text! 法定代表人（经营者）姓名
            registered_capital numeric(16,2) 注册资本（万元）
            established_on date! 成立日期
            status text! 登记状态（存续、注销、吊销）
            cancelled_on date 注销（吊销）日期
            industry_code char(1) 行业门类代码
            business_scope text 经营范围
            division_code char(6)! 登记机关所在县级行政区划代码
            address text 住所
            phone text 联系电话
            """, persons={"legal_representative_citizen_id": "legal_representative_name"}, indexes="uscc"),
        _table("enterprise_person", "法定代表人、经营者和股东信息", """
            uscc text! 统一社会信用代码
            citizen_id text! 公民身份号码
            name text! 姓名
            role text! 身份（法定代表人、经营者、股东）
            contribution numeric(16,2) 认缴出资额（万元）
            share_percent numeric(5,2) 出资比例（%）
            """, persons={"citizen_id": "name"}, indexes="citizen_id uscc"),
    ),
)  # fmt: skip

HUMAN_RESOURCES = DepartmentSpec(
    "human_resources", "青海省人力资源和社会保障厅", "就业和社会保险信息系统",
    (
        _table("employment", "就业登记信息", """
            citizen_id text! 公民身份号码
            name text! 姓名
            employment_kind text! 就业形式（单位就业、灵活就业）
            employer_uscc text 用人单位统一社会信用代码
            employer_name text 用人单位名称
            position text 岗位
            started_on date! 就业日期
            ended_on date 终止日期
            monthly_wage numeric(10,2) 月工资（元）
            """, persons={"citizen_id": "name"}, indexes="citizen_id"),
        _table("insurance_contribution", "社会保险缴费记录", """
            citizen_id text! 公民身份号码
            name text! 姓名
            insurance_kind text! 险种
            insured_identity text! 参保身份
            period text! 缴费所属期（YYYYMM 或 YYYY）
            contribution_base numeric(10,2) 缴费基数（元）
            personal_amount numeric(10,2)! 个人缴费（元）
            employer_amount numeric(10,2)! 单位缴费（元）
            """, persons={"citizen_id": "name"}, indexes="citizen_id"),
        _table("pension_benefit", "养老待遇发放信息", """
            citizen_id text! 公民身份号码
            name text! 姓名
            pension_kind text! 待遇类别
            monthly_amount numeric(10,2)! 月待遇（元）
            first_paid_on date! 首次发放日期
            paid_through text! 发放至（YYYYMM）
            status text! 发放状态（发放、停发）
            """, persons={"citizen_id": "name"}, indexes="citizen_id"),
    ),
)  # fmt: skip

MEDICAL_INSURANCE = DepartmentSpec(
    "medical_insurance", "青海省医疗保障局", "医疗保障信息平台",
    (
        _table("insured_person", "参保人员信息", """
            insured_number text! 个人编号
            citizen_id text 公民身份号码
            name text! 姓名
            sex_code char(1) 性别代码
            insured_kind text! 参保类型（城镇职工、城乡居民）
            employer_name text 参保单位
            division_code char(6)! 参保地县级行政区划代码
            insured_since date! 首次参保日期
            status text! 参保状态（正常、终止）
            phone text 联系电话
            """, persons={"citizen_id": "name"}, indexes="citizen_id insured_number"),
        _table("claim", "医疗费用结算信息", """
            claim_number text! 结算单号
            insured_number text! 个人编号
            citizen_id text 公民身份号码
            visit_kind text! 就诊类别（门诊、住院）
            hospital_name text! 医疗机构名称
            hospital_level text 医疗机构等级
            illness_code text 疾病诊断代码
            illness_name text 疾病诊断名称
            admitted_on date! 就诊（入院）日期
            settled_on date! 结算日期
            total_amount numeric(12,2)! 总费用（元）
            fund_amount numeric(12,2)! 基金支付（元）
            personal_amount numeric(12,2)! 个人支付（元）
            """, persons={"citizen_id": ""}, indexes="citizen_id", unique="claim_number"),
    ),
)  # fmt: skip

NATURAL_RESOURCES = DepartmentSpec(
    "natural_resources", "青海省自然资源厅", "不动产登记信息平台",
    (
        _table("real_estate_right", "不动产权利登记信息", """
            unit_number text! 不动产单元号
            certificate_number text! 不动产权证号
            right_kind text! 权利类型
            holder_citizen_id text! 权利人公民身份号码
            holder_name text! 权利人姓名
            ownership text! 共有情况（单独所有、共同共有）
            share_percent numeric(5,2)! 份额（%）
            usage text! 用途
            township_code char(9)! 坐落乡镇（街道）代码
            location text! 坐落
            area_m2 numeric(12,2)! 面积（平方米）
            registered_on date! 登记日期
            mortgaged boolean! 是否抵押
            status text! 权属状态
            """, persons={"holder_citizen_id": "holder_name"}, indexes="holder_citizen_id"),
    ),
)  # fmt: skip

DEPARTMENTS: Mapping[str, DepartmentSpec] = MappingProxyType(
    {
        spec.code: spec
        for spec in (
            PUBLIC_SECURITY, CIVIL_AFFAIRS, MARKET_REGULATION, HUMAN_RESOURCES, MEDICAL_INSURANCE, NATURAL_RESOURCES,
        )
    }
)  # fmt: skip
