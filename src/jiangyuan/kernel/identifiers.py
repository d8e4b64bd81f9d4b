"""Identifiers of persons, organisations, places and catalogue entries: check, explain, parse, make.

`KINDS` holds each kind as facts (see `checksums`): `CITIZEN_ID.check(text)`, `.explain(text)`, `.require(text)`.
Functions parse and make the kinds that carry more than themselves.

Sources: GB 11643 (citizen id), GB 32100 (unified social credit code), GB 11714 (organisation code), GB/T 2260
(divisions), ISO/IEC 7812-1 (Luhn), 发改高技〔2017〕1272号 (resource code), RFC 9562 (UUIDv7).
"""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.checksums import Checksum, Identifier, Malformed

DIGITS = "0123456789"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANIZATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LUHN_DOUBLED = "0516273849"
"""The digit at place v is the one whose double has the digit sum v."""

PROVINCES = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
"""First two digits of GB/T 2260 codes (83 is used in identity numbers of residents from Taiwan)."""

DATE_PATTERN = (
    "(?:(?:18|19|20)[0-9]{2}(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:(?:18|19|20)(?:0[48]|[2468][048]|[13579][26])|2000)0229)"
)
"""Exactly the days of 1800-2099 that exist, written YYYYMMDD."""


CITIZEN_CHECKSUM = Checksum(
    (DIGITS,) * 17,
    (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2),
    11,
    "10X98765432",
)
# The standard takes 31 minus the remainder; the list of characters holds that subtraction, as for GB 11714 below.
USCC_CHECKSUM = Checksum(
    (USCC_ALPHABET,) * 17,
    (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28),
    31,
    "".join(USCC_ALPHABET[-remainder % 31] for remainder in range(31)),
)
ORGANIZATION_CHECKSUM = Checksum(
    (ORGANIZATION_ALPHABET,) * 8,
    (3, 7, 9, 10, 5, 8, 4, 2),
    11,
    "0X987654321",
    strip="-",
)
# Eighteen places end just left of the check digit, and that digit is the first one doubled.
LUHN_CHECKSUM = Checksum((DIGITS, LUHN_DOUBLED) * 9, (1,) * 18, 10, "0987654321")

CITIZEN_ID = Identifier(
    "citizen_id",
    _("公民身份号码"),
    "GB 11643",
    f"^{PROVINCES}[0-9]{{4}}{DATE_PATTERN}[0-9]{{3}}[0-9X]$",
    _("应为 18 位：6 位地址码、8 位出生日期、3 位顺序码、1 位校验码。"),
    CITIZEN_CHECKSUM,
    rules=(
        (
            "old_length",
            "(?!^[0-9]{15}$).*",
            _("这是 15 位的旧号码"),
            _("请升为 18 位号码后再填。"),
        ),
        ("length", ".{18}", _("位数不是 18 位"), _("请补全或删去多余的字符。")),
        (
            "characters",
            "[0-9]{17}[0-9X]",
            _("含有数字以外的字符"),
            _("前 17 位应为数字，末位为数字或大写 X。"),
        ),
        (
            "division",
            f"{PROVINCES}.*",
            _("地址码的省级代码不存在"),
            _("请核对前两位。"),
        ),
        (
            "birth",
            f".{{6}}{DATE_PATTERN}.{{4}}",
            _("出生日期不存在"),
            _("请核对第 7 至 14 位（年月日）。"),
        ),
    ),
)
USCC = Identifier(
    "uscc",
    _("统一社会信用代码"),
    "GB 32100",
    "^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$",
    _("应为 18 位：2 位登记机关和机构类别、6 位行政区划、9 位主体标识、1 位校验码。"),
    USCC_CHECKSUM,
    rules=(
        ("length", ".{18}", _("位数不是 18 位"), _("请补全或删去多余的字符。")),
        (
            "characters",
            "[0-9A-HJ-NP-RTUWXY]*",
            _("含有不使用的字符"),
            _("不使用字母 I、O、S、V、Z，请核对是否为 1、0、5、2。"),
        ),
        (
            "division",
            "..[0-9]{6}.*",
            _("行政区划码不是数字"),
            _("请核对第 3 至 8 位。"),
        ),
    ),
)
ORGANIZATION_CODE = Identifier(
    "organization_code",
    _("组织机构代码"),
    "GB 11714",
    "^[0-9A-Z]{8}-?[0-9X]$",
    _("应为 8 位数字或大写字母加 1 位校验码，如 D2143569-X。"),
    ORGANIZATION_CHECKSUM,
)
BANK_CARD = Identifier(
    "bank_card",
    _("银行卡号"),
    "ISO/IEC 7812-1",
    "^[0-9]{13,19}$",
    _("应为 13 至 19 位数字。"),
    LUHN_CHECKSUM,
    advisory=True,
)
MOBILE = Identifier(
    "mobile",
    _("手机号码"),
    "YD/T",
    "^1[3-9][0-9]{9}$",
    _("应为 11 位数字，以 13 至 19 开头。"),
)
AREA_CODES = {
    "0971": "630100", "0972": "630200", "0973": "632300", "0974": "632500", "0975": "632600",
    "0976": "632700", "0977": "632800", "0970": "632200", "0979": "632801",
}  # fmt: skip
LANDLINE = Identifier(
    "landline",
    _("固定电话"),
    "YD/T",
    "^097[0-79]-?[0-9]{7}$",
    _("应为青海区号（如 0971）加 7 位号码。"),
)
POSTCODE = Identifier(
    "postcode",
    _("邮政编码"),
    "YZ/T",
    "^(?:81[0-7][0-9]{3}|624700)$",
    _("青海省的邮政编码以 810 至 817 开头，共 6 位。"),
)
PLATE_PREFECTURES = {
    "A": "630100", "B": "630200", "C": "632200", "D": "632300",
    "E": "632500", "F": "632600", "G": "632700", "H": "632800",
}  # fmt: skip
NEW_ENERGY_PLATE_PATTERN = "^青[A-H](?:[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK])$"
PLATE = Identifier(
    "plate",
    _("机动车号牌"),
    "GA 36",
    f"^(?:青[A-H][A-HJ-NP-Z0-9]{{5}}|{NEW_ENERGY_PLATE_PATTERN[1:-1]})$",
    _("应为“青”、字母 A 至 H 和 5 位号码；新能源汽车为 6 位。号码不使用字母 I 和 O。"),
)
DIVISION_CODE = Identifier(
    "division_code",
    _("行政区划代码"),
    "GB/T 2260",
    f"^{PROVINCES}(?:0000|(?:0[1-9]|[1-9][0-9])(?:00|(?:0[1-9]|[1-9][0-9])(?:[0-9]{{3}}(?:[0-9]{{3}})?)?))$",
    _("应为 6 位（省、市州、县）、9 位（乡镇）或 12 位（村、社区）数字。"),
    rules=(("division", f"{PROVINCES}.*", _("省级代码不存在"), _("请核对前两位。")),),
)
RESOURCE_CODE = Identifier(
    "resource_code",
    _("政务信息资源代码"),
    "发改高技〔2017〕1272号",
    r"^[123][0-9]{2}[0-9]{3}[0-9]*/[0-9]+$",
    _("应为类 1 位、项 2 位、目 3 位、细目若干位，斜线后为顺序号，如 307001/12。"),
)
KINDS = {
    kind.name: kind
    for kind in (
        CITIZEN_ID, USCC, ORGANIZATION_CODE, BANK_CARD, MOBILE, LANDLINE, POSTCODE, PLATE, DIVISION_CODE, RESOURCE_CODE
    )
}  # fmt: skip
"""Every kind of identifier by its name, as quality rules and data elements refer to it."""

Sex = Literal["male", "female"]
Level = Literal["province", "prefecture", "county", "township", "village"]


@dataclass(frozen=True, slots=True)
class CitizenId:
    """What a citizen id says: division of first registration (as coded then), date of birth, sex."""

    text: str
    division: str
    birth: date
    sex: Sex


@dataclass(frozen=True, slots=True)
class CreditCode:
    """The parts of a unified social credit code; `organization_code` is the GB 11714 code inside it."""

    text: str
    authority: str
    kind: str
    division: str
    organization_code: str


@dataclass(frozen=True, slots=True)
class Division:
    """A division code, its level and the code of the division above (empty for a province)."""

    code: str
    level: Level
    parent: str


@dataclass(frozen=True, slots=True)
class Plate:
    """A Qinghai plate: prefecture-level division it was issued in, and whether it is a new-energy one."""

    text: str
    division: str
    new_energy: bool


@dataclass(frozen=True, slots=True)
class ResourceCode:
    """A national catalogue code: class (1 base, 2 theme, 3 department), item, heading, detail, sequence."""

    text: str
    category: str
    item: str
    heading: str
    detail: str
    sequence: int


def parse_citizen_id(text: str) -> CitizenId:
    """Read division, birth and sex from an 18-digit citizen id. Raises `Malformed` (GB 11643)."""
    CITIZEN_ID.require(text)
    sex: Sex = "male" if int(text[16]) % 2 else "female"
    return CitizenId(text, text[:6], date(int(text[6:10]), int(text[10:12]), int(text[12:14])), sex)


def make_citizen_id(*, division: str, birth: date, sequence: int) -> str:
    """Make a citizen id; `sequence` 0-999 is odd for men. Raises `Malformed`."""
    body = f"{division}{birth:%Y%m%d}{sequence:03d}"
    if not re.fullmatch("[0-9]{17}", body):
        return CITIZEN_ID.require(body)
    return CITIZEN_ID.require(body + CITIZEN_CHECKSUM.character(body))


def upgrade_citizen_id(text: str) -> str:
    """Turn a 15-digit citizen id into its 18-digit form: "19" after digit 6, check digit last. Raises `Malformed`."""
    if not re.fullmatch("[0-9]{15}", text):
        message = _("这不是 15 位的公民身份号码")
        raise Malformed(
            message,
            code="citizen_id.length",
            mend=_("旧号码应为 15 位数字。"),
            article="GB 11643",
        )
    body = f"{text[:6]}19{text[6:]}"
    return CITIZEN_ID.require(body + CITIZEN_CHECKSUM.character(body))


def parse_uscc(text: str) -> CreditCode:
    """Split a unified social credit code into its parts. Raises `Malformed` (GB 32100)."""
    USCC.require(text)
    return CreditCode(text, text[0], text[1], text[2:8], text[8:17])


def make_uscc(*, authority: str, kind: str, division: str, organization_code: str) -> str:
    """Make a unified social credit code around an organisation code (with or without hyphen). Raises `Malformed`."""
    body = f"{authority}{kind}{division}{ORGANIZATION_CODE.require(organization_code).replace('-', '')}"
    try:
        return USCC.require(body + USCC_CHECKSUM.character(body))
    except ValueError:
        return USCC.require(body + "0")


def make_organization_code(body: str) -> str:
    """Make an organisation code with its hyphen from its 8 leading characters. Raises `Malformed` (GB 11714)."""
    if not re.fullmatch("[0-9A-Z]{8}", body):
        return ORGANIZATION_CODE.require(f"{body}-")
    return f"{body}-{ORGANIZATION_CHECKSUM.character(body)}"


def make_bank_card(body: str) -> str:
    """Append the Luhn digit to 12-18 leading digits. Raises `Malformed`."""
    return BANK_CARD.require(body + (LUHN_CHECKSUM.character(body) if re.fullmatch("[0-9]{12,18}", body) else ""))


def parse_division(code: str) -> Division:
    """Tell level and parent of a division code by its shape (a code need not be in force). Raises `Malformed`."""
    DIVISION_CODE.require(code)
    if len(code) == 12:
        return Division(code, "village", code[:9])
    if len(code) == 9:
        return Division(code, "township", code[:6])
    if code.endswith("0000"):
        return Division(code, "province", "")
    if code.endswith("00"):
        return Division(code, "prefecture", f"{code[:2]}0000")
    return Division(code, "county", f"{code[:4]}00")


def parse_plate(text: str) -> Plate:
    """Read prefecture and kind from a Qinghai plate. Raises `Malformed`."""
    PLATE.require(text)
    return Plate(text, PLATE_PREFECTURES[text[1]], len(text) == 8)


def parse_resource_code(text: str) -> ResourceCode:
    """Split a national catalogue resource code. Raises `Malformed` (发改高技〔2017〕1272号)."""
    RESOURCE_CODE.require(text)
    front, sequence = text.split("/")
    return ResourceCode(text, front[0], front[1:3], front[3:6], front[6:], int(sequence))


_uuid_lock = threading.Lock()
_uuid_last = 0


def uuid7() -> UUID:
    """Make a UUIDv7 (RFC 9562, method 3), greater than all made before by this process, even if the clock goes back."""
    global _uuid_last
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    tick = milliseconds << 12 | (rest << 12) // 1_000_000
    with _uuid_lock:
        if tick <= _uuid_last:
            tick = _uuid_last + 1
        _uuid_last = tick
    low = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=(tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | low)
