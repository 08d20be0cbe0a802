"""Personal data in what was said, masked sign by sign: a place in the words stays where it was."""

from __future__ import annotations

import re
from typing import Final

from lamplighter.business.service_desk.quality.records import Who

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟"
    "姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
_NAME: Final = f"[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"
_NUMBER: Final = re.compile(r"\d[\d\-]{4,}\d")
_SHORT: Final = re.compile(
    r"(?<!\d)\d{4,5}(?!\d)(?!\s*(?:元|块|度|千瓦|年|点|分钟|小时|天|日|月|个|号坐席|伏|kwh|yuan))"
)
_NAMED: Final = re.compile(
    rf"(?:户主|户名|姓名|名字|我叫|我是|本人|联系人|登记的是)(?:是|叫|为|:|：|,|，)?(?P<name>{_NAME})"
    rf"|\d[,，、\s]+(?P<listed>{_NAME})(?=[,，。、!！]|$)"
)
_NOT_NAMES: Final = ("何时", "何地", "任何", "方便", "高兴", "常用", "向您", "万一", "马上", "白天", "于是", "金额")
_HOUSE: Final = re.compile(r"\d+(?=\s*(?:号(?!坐席|为您)|栋|幢|单元|室|楼|弄|组|门))|(?<=[栋幢元弄])\d+")


def mask_said(words: str, *, who: Who) -> str:
    """Return what somebody said with numbers, names after a word for one, and house numbers masked.

    A pattern is no proof: a name without a word for one before it stays. Whoever needs the words in clear asks for them
    with a purpose, and so does whoever must be sure.

    Args:
        words: of one turn.
        who: the side; short numbers of a customer are the end of his telephone, of an agent his own number.

    Returns:
        As many signs as before.

    Example:
        >>> mask_said("户号1000002358,刘芳,1996。", who=Who.CUSTOMER)
        '户号******2358,刘*,****。'
        >>> mask_said("幸福路12号3栋501,电话13812345678", who=Who.CUSTOMER)
        '幸福路**号*栋***,电话*******5678'
        >>> mask_said("您好,工号1023,您用了380度,电费2040元", who=Who.AGENT)
        '您好,工号1023,您用了380度,电费2040元'
    """
    masked = _NAMED.sub(_hide_name, words)
    masked = _NUMBER.sub(lambda found: "*" * (len(found[0]) - 4) + found[0][-4:], masked)
    masked = _HOUSE.sub(lambda found: "*" * len(found[0]), masked)
    if who is Who.CUSTOMER:
        masked = _SHORT.sub(lambda found: found[0] if _is_kept(masked, found) else "*" * len(found[0]), masked)
    return masked


def _hide_name(found: re.Match[str]) -> str:
    group = "name" if found["name"] else "listed"
    name = found[group]
    if name.startswith(_NOT_NAMES):
        return found[0]
    at = found.start(group) - found.start()
    return found[0][: at + 1] + "*" * (len(name) - 1) + found[0][at + len(name) :]


def _is_kept(masked: str, found: re.Match[str]) -> bool:
    # The last four of a longer number, which was masked already.
    return found.start() > 0 and masked[found.start() - 1] == "*"
