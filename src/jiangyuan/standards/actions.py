"""Every write of the standards room."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actions import action, describe
from jiangyuan.standards.elements import ELEMENTS, SEX
from jiangyuan.standards.models import Code, CodeSet, DataElement


@action("standards.national.install", on=None, event="standards.national.installed", title=_("装入国家标准数据元"))
def install_national() -> int:
    """Install or refresh the national data elements and code sets the platform ships; returns how many elements."""
    sex, _made = CodeSet.objects.get_or_create(
        code="sex", edition="2003", defaults={"name": "性别代码", "standard": "GB/T 2261.1-2003"}
    )
    for code, name in SEX:
        Code.objects.get_or_create(code_set=sex, code=code, name=name)
    sets = {"sex": sex}
    for element in ELEMENTS:
        DataElement.objects.update_or_create(
            code=element.code,
            defaults={
                "name": element.name,
                "type": element.type,
                "length": element.length,
                "pattern": element.pattern,
                "code_set": sets.get(element.code_set),
                "check_function": element.check,
                "grade": element.grade,
                "personal": element.personal,
                "mask": element.mask,
                "synonyms": list(element.synonyms),
                "standard": element.standard,
            },
        )
    describe(elements=len(ELEMENTS))
    return len(ELEMENTS)
