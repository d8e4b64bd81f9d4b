"""Names as they are found in Qinghai, by ethnicity, and the ways in which offices write the same name differently.

Ethnicity codes are those of GB/T 3304 (01 汉, 02 蒙古, 03 回, 04 藏, 30 土, 35 撒拉). Tibetan and Mongolian names have
no surname; frequencies are rough impressions, good enough to make namesakes as common as they are.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

HAN, MONGOL, HUI, TIBETAN, TU, SALAR = "01", "02", "03", "04", "30", "35"

ETHNICITIES: Mapping[str, str] = MappingProxyType(
    {HAN: "汉族", MONGOL: "蒙古族", HUI: "回族", TIBETAN: "藏族", TU: "土族", SALAR: "撒拉族"}
)


@dataclass(frozen=True, slots=True)
class _Style:
    surnames: tuple[str, ...]
    weights: tuple[int, ...]
    male: tuple[str, ...]
    female: tuple[str, ...]


def _style(surnames: str, male: str, female: str) -> _Style:
    pairs = [entry.split(":") for entry in surnames.split()]
    return _Style(
        tuple(name for name, _weight in pairs),
        tuple(int(weight) for _name, weight in pairs),
        tuple(male.split()),
        tuple(female.split()),
    )


_HAN_SURNAMES = (
    "李:88 王:86 张:80 马:30 刘:44 陈:30 杨:34 赵:33 祁:20 朱:14 徐:13 郭:13 韩:12 贾:12 星:3 史:8 汪:9 宋:11 许:8 "
    "何:10 高:10 罗:8 郑:6 梁:6 谢:6 唐:7 冯:7 董:7 曹:6 袁:5 邓:5 沈:6 吕:6 苏:6 蔡:5 魏:8 薛:5 叶:4 阎:3 余:4 潘:3 "
    "杜:5 戴:4 夏:4 钟:3 田:6 任:6 姜:5 范:4 方:3 石:6 姚:4 谭:3 廖:3 邹:3 熊:4 金:5 陆:2 郝:4 孔:3 白:5 崔:4 康:5 毛:5 "
    "邱:2 秦:5 江:3 顾:3 侯:4 邵:3 孟:4 龙:2 万:3 段:3 雷:5 钱:3 汤:2 尹:3 黎:2 易:2 常:4 武:4 乔:3 贺:4 赖:2 龚:2 文:2 "
    "祝:3 仲:3 逯:4 巨:3 井:2 晁:3 保:3 蒲:3 切:1 颜:2 欧阳:2"
)
# 䶮 stands only in GB 18030 (four bytes): a reader that took the file for GBK breaks on it.
_HAN_MALE = (
    "伟 强 军 勇 斌 磊 涛 鹏 浩 超 波 辉 刚 健 明 亮 平 飞 宁 林 俊 凯 海龙 海明 永福 永寿 永强 生贵 生福 生财 占云 占奎 "
    "国栋 国庆 建国 建军 建华 志强 志刚 志明 文斌 文龙 文军 成龙 成林 成福 得福 得寿 进财 进福 发忠 启明 世杰 世英 宗元 "
    "晓东 晓军 小龙 小平 玉龙 玉山 延年 延寿 长青 长福 春林 春生 存福 存良 宏伟 宏斌 子轩 子豪 浩然 浩宇 宇轩 俊杰 梓睿 "
    "博文 一鸣 天佑 青山 青云 守义 守仁 尚德 有福 有财 正雄 䶮"
)
_HAN_FEMALE = (
    "芳 娜 敏 静 丽 艳 霞 玲 燕 萍 红 娟 英 梅 琴 兰 莉 丹 婷 雪 桂花 桂兰 桂英 秀英 秀兰 秀芳 秀花 玉兰 玉梅 玉芳 玉珍 "
    "海燕 海英 晓燕 晓霞 晓丽 小红 小霞 雪梅 雪莲 春花 春梅 春兰 永兰 永梅 永芳 生花 生兰 生梅 发兰 占兰 得兰 存兰 月英 "
    "月兰 月娥 金花 金兰 金凤 银花 银兰 淑珍 淑英 淑兰 文英 文静 延芳 延梅 启英 雅婷 雅琴 子涵 梓萱 欣怡 欣悦 诗涵 佳怡 "
    "佳琪 梦瑶 思雨 一诺 若曦 青梅 彩云 彩霞 䶮"
)
_HUI_SURNAMES = (
    "马:260 冶:40 韩:30 李:18 王:14 张:10 杨:14 丁:12 沙:6 妥:8 喇:4 穆:8 白:10 赵:8 祁:4 苏:8 拜:3 者:2 绽:7"
)
_HUI_MALE = (
    "建军 建国 海龙 海军 海峰 明 忠 忠良 国良 国忠 晓军 晓明 小龙 玉龙 玉明 占海 占山 成龙 成虎 成明 生龙 生明 生财 文忠 "
    "文明 永福 永明 进忠 进福 进海 福海 福才 得海 得忠 得胜 有福 有才 有龙 学义 学文 志明 志勇 伊布拉 尔撒 尤素夫 尤努斯 "
    "穆萨 哈三 胡赛 一布拉 舍力夫 哈麦 麻乃 英豪 俊 强 军 涛 杰 鹏 龙 宏 斌 勇 磊"
)
_HUI_FEMALE = (
    "英 兰 梅 芳 霞 玲 燕 花 海霞 海兰 海燕 晓兰 晓霞 晓英 小兰 秀英 秀兰 秀花 玉兰 玉英 玉花 法土麦 阿西叶 海力麦 索菲亚 "
    "麦日彦 祖海热 艾西亚 阿米乃 哈力麦 索非叶 麦尔彦 萨菲娅 占兰 成兰 成英 生兰 生梅 文英 文花 永兰 进花 福英 得花 有兰 "
    "春花 春兰 金花 金兰 雪 倩 婷 静 丹"
)
_SALAR_SURNAMES = "韩:330 马:170 沈:10 刘:8 兰:4 何:6 绽:3 白:3 张:3"
_SALAR_MALE = (
    "乙卜拉 阿卜都 阿力 阿丙 哈三 胡赛尼 牙古白 尕德日 热者布 热木赞 木海买 舍木素 艾布 艾萨 乙四么 奴尔 尤苏夫 "
    "麦合木 者麻力 英才 文忠 文德 文明 志强 志忠 国庆 国忠 建军 占祥 占龙 进军 海龙 海忠 福海 庆功 庆云 晓龙 龙 忠 强 军"
)
_SALAR_FEMALE = (
    "法土麦 阿依霞 阿依沙 阿米乃 海地彻 海者 祖乃 麦日言 者乃 索非亚 色力麦 乙里马 努日 古丽 艾米娜 哈丽麦 "
    "英 兰 花 梅 玉兰 玉花 秀兰 秀英 海霞 海兰 晓兰 占英 进兰 春花 庆兰 文花"
)
_TU_SURNAMES = (
    "李:60 祁:44 东:14 鲍:14 吕:12 王:24 张:20 乔:12 胡:12 董:9 席:7 星:5 刁:5 贺:5 麻:6 辛:6 秦:5 文:4 何:7 白:5 "
    "徐:6 蔡:5 保:4 索:5 雷:5 哈:3 苏:4 尕:1 仓:1"
)
_TU_MALE = (
    "生龙 生福 生贵 生财 占福 占全 占彪 金宝 金福 金山 玉宝 玉山 玉财 得福 得财 发祥 发财 存福 存财 有福 有财 长寿 长命 "
    "青龙 青山 生辉 文龙 文才 国龙 国栋 永吉 永胜 吉祥 官保 官布 索南 扎西 东主 仁青 军 强 明 海 龙 平"
)
_TU_FEMALE = (
    "生花 生兰 生梅 占花 占兰 占梅 金花 金兰 金梅 玉花 玉兰 玉香 得花 得兰 发花 发兰 存花 存兰 有花 有兰 什姐 兰索 "
    "拉毛 卓玛 延花 春花 春兰 秀花 秀兰 青花 青兰 文花 英 兰 花 梅 霞 燕"
)
_TIBETAN_FIRST = (
    "扎西 才让 多杰 索南 仁青 尕藏 桑杰 完玛 闹吾 旦增 旦正 久美 昂青 昂文 更松 江永 江巴 尼玛 达哇 巴桑 拉毛 拉措 "
    "彭措 公保 关却 华旦 华青 南杰 角巴 夏吾 先巴 娘吉 娘毛 李毛 项杰 项秀 环科 增太 普华 斗格 本巴 才旦 德吉 "
    "更尕 白玛 俄金 洛桑 土丁 成林 求军 文扎 布扎 罗周 丁增 元旦 松保 昂旺"
)
_TIBETAN_MALE = (
    "才让 多杰 扎西 加 东智 太 杰 南杰 尖措 坚赞 旦周 旺秀 才旦 当周 昂加 本 先 扎巴 达杰 洛周 彭措 才仁 尼玛"
)
_TIBETAN_FEMALE = "卓玛 措 吉 草 拉毛 措毛 卓嘎 永吉 永措 才措 央宗 拉吉 曲措 东措 文毛 措吉 卓措 求措 德吉 巴毛 旺毛"
_MONGOL_MALE = (
    "巴图 巴特尔 孟克 孟和 格日勒图 朝格图 朝鲁 苏和 宝音 那木吉勒 道尔吉 乌力吉 特木尔 布和 额尔登 哈斯巴特 斯琴巴特 "
    "青格勒 达布西勒特 才次克 尼玛 桑吉 旦正加 巴音 巴音孟克 呼格吉勒 阿拉腾 敖日格 图雅巴图 苏龙 布日古德"
)
_MONGOL_FEMALE = (
    "乌云其其格 其其格 娜仁 娜仁花 萨仁 萨仁花 乌兰 图雅 格日勒 斯琴 高娃 斯琴高娃 阿拉腾其其格 红格尔 敖云 通力嘎 "
    "乌日娜 哈斯 苏布德 托娅 才仁吉 布鲁根 青格乐图雅 娜布其 艾丽娅 巴德玛"
)

_STYLES: Mapping[str, _Style] = MappingProxyType(
    {
        HAN: _style(_HAN_SURNAMES, _HAN_MALE, _HAN_FEMALE),
        HUI: _style(_HUI_SURNAMES, _HUI_MALE, _HUI_FEMALE),
        SALAR: _style(_SALAR_SURNAMES, _SALAR_MALE, _SALAR_FEMALE),
        TU: _style(_TU_SURNAMES, _TU_MALE, _TU_FEMALE),
        TIBETAN: _Style(
            tuple(_TIBETAN_FIRST.split()), (), tuple(_TIBETAN_MALE.split()), tuple(_TIBETAN_FEMALE.split())
        ),
        MONGOL: _Style((), (), tuple(_MONGOL_MALE.split()), tuple(_MONGOL_FEMALE.split())),
    }
)

_DEFAULT_MIX: Mapping[str, int] = MappingProxyType({HAN: 56, HUI: 16, TIBETAN: 22, TU: 3, SALAR: 2, MONGOL: 1})
_PREFECTURE_MIX: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "6301": {HAN: 74, HUI: 16, TIBETAN: 6, TU: 3, MONGOL: 1},
        "6302": {HAN: 55, HUI: 22, TIBETAN: 10, TU: 8, SALAR: 5},
        "6322": {HAN: 36, HUI: 32, TIBETAN: 27, MONGOL: 5},
        "6323": {HAN: 8, HUI: 6, TIBETAN: 71, MONGOL: 14, TU: 1},
        "6325": {HAN: 22, HUI: 8, TIBETAN: 69, MONGOL: 1},
        "6326": {HAN: 7, HUI: 1, TIBETAN: 92},
        "6327": {HAN: 3, TIBETAN: 97},
        "6328": {HAN: 64, HUI: 13, TIBETAN: 13, MONGOL: 8, TU: 2},
    }
)
_COUNTY_MIX: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "630223": {HAN: 68, TU: 19, HUI: 6, TIBETAN: 7},
        "630224": {HUI: 54, TIBETAN: 21, HAN: 19, SALAR: 6},
        "630225": {SALAR: 62, TIBETAN: 23, HUI: 9, HAN: 6},
        "632324": {MONGOL: 89, TIBETAN: 9, HAN: 2},
    }
)


def ethnicity(rng: random.Random, *, county: str) -> str:
    """Draw the GB/T 3304 code of a family of a county (six digits)."""
    mix = _COUNTY_MIX.get(county) or _PREFECTURE_MIX.get(county[:4]) or _DEFAULT_MIX
    return rng.choices(list(mix), list(mix.values()))[0]


def surname(rng: random.Random, *, group: str) -> str:
    """Draw a surname; empty for Tibetan and Mongolian families, who have none."""
    style = _STYLES[group]
    return rng.choices(style.surnames, style.weights)[0] if style.weights else ""


def has_surnames(*, group: str) -> bool:
    """Whether families of the group carry a surname from father to child."""
    return bool(_STYLES[group].weights)


def given_name(rng: random.Random, *, group: str, male: bool) -> str:
    """Draw a given name; for Tibetans the whole name of two parts."""
    style = _STYLES[group]
    last = rng.choice(style.male if male else style.female)
    if group != TIBETAN:
        return last
    first = rng.choice(style.surnames)
    return first + last if first != last else first


# The same sound, or the same Tibetan word, in other characters.
_SPELLINGS: tuple[tuple[str, str], ...] = (
    ("才让", "才仁"), ("卓玛", "卓麻"), ("扎西", "扎喜"), ("拉毛", "拉姆"), ("多杰", "多吉"), ("索南", "索楠"), ("仁青", "仁钦"),
    ("法土麦", "法图麦"), ("尤素夫", "尤苏夫"), ("其其格", "琪琪格"), ("巴特尔", "巴特"), ("措", "错"), ("晓", "小"), ("丽", "莉"),
    ("英", "瑛"), ("兰", "蓝"), ("霞", "侠"), ("军", "君"), ("龙", "隆"), ("福", "富"), ("明", "民"), ("玉", "毓"), ("杰", "洁"),
    ("海", "诲"), ("花", "华"), ("芳", "方"), ("梅", "枚"), ("强", "墙"), ("静", "婧"), ("伟", "玮"), ("国", "囯"), ("财", "才"),
    ("䶮", "龚"),
)  # fmt: skip


def variant(rng: random.Random, *, name: str, group: str) -> str:
    """Return the name as another office wrote it: other characters, a dot, a space; never the same text."""
    if group in (TIBETAN, MONGOL, HUI, SALAR) and len(name) >= 4 and rng.random() < 0.4:
        return f"{name[:2]}·{name[2:]}"
    for spelling, other in rng.sample(_SPELLINGS, len(_SPELLINGS)):
        if spelling in name[1:] or (group in (TIBETAN, MONGOL) and spelling in name):
            start = name.rindex(spelling)
            return name[:start] + other + name[start + len(spelling) :]
    return f"{name[0]}\u3000{name[1:]}" if len(name) == 2 else f"{name} "
