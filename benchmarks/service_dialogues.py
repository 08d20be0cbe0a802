"""Conversations with known faults: sound ones by hand, each fault planted by hand words, and hard cases that are clean.

A fault changes one thing of a sound conversation, so that exactly the items it names must be found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.quality.records import Dialogue

Line = tuple[str, str, float, float]
"""Who, words, seconds before it starts after the last end, and how long it lasts."""


@dataclass(frozen=True)
class Gold:
    """A conversation and the items that must be found in it, no more and no less."""

    id: str
    lines: tuple[Line, ...]
    items: frozenset[str]
    ended_by: str = "customer"
    channel: str = "call"

    def dialogue(self) -> Dialogue:
        """Return it as the file would have it."""
        turns, clock = [], 0.0
        for at, (who, words, gap, length) in enumerate(self.lines):
            start = clock + gap
            turns.append({"i": at, "who": who, "start": start, "end": start + length, "text": words})
            clock = max(clock, start + length)
        document = {"id": self.id, "channel": self.channel, "ended_by": self.ended_by, "turns": turns}
        return read_dialogue(json.dumps(document, ensure_ascii=False))


def _talk(text: str) -> tuple[Line, ...]:
    lines = []
    for row in text.strip().splitlines():
        who = "agent" if row.startswith("A") else "customer"
        words = row[2:].strip()
        lines.append((who, words, 1.0, max(1.5, len(words) / 4)))
    return tuple(lines)


_WRITTEN = """
A 您好，供电服务中心，工号1023为您服务。
C 你好，我想查一下上个月的电费。
A 好的，请您提供一下户号和户主姓名，我核对一下。
C 户号1000000248，户主张建国。
A 谢谢，请稍等，我帮您查询。
A 让您久等了，您上个月的电费是235元。
C 好的，谢谢。
A 不客气，请问还有其他可以帮您的吗？
C 没有了。
A 感谢您的来电，再见。
---
A 您好，95598，很高兴为您服务，请问有什么可以帮您？
C 我家停电了，幸福路12号3栋501。
A 非常抱歉给您带来不便，请问隔壁有电吗？
C 整个单元都没电。
A 我跟您确认一下，地址是幸福路12号3栋501，整个单元停电，对吗？
C 对。
A 好的，已为您登记报修，抢修人员会尽快联系您，请保持电话畅通。
C 行，谢谢。
A 感谢您的来电，祝您生活愉快，再见。
---
A 早上好，电力客服8号为您服务。
C 我刚买了二手房，电表怎么过户？
A 您好，过户需要新户主的身份证和房产证，可以在网上或到营业厅办理。
C 要结清电费吗？
A 是的，请您先结清电费再办理。
C 明白了。
A 请问还有什么可以帮您？
C 没有了，再见。
A 感谢您的来电，再见。
---
A 您好，供电公司客服，请问有什么可以帮您？
C 你们太慢了，我报修等了三个小时了，到底来不来！
A 非常抱歉让您等了这么久，我理解您的心情，请您提供一下报修地址，我马上为您催办。
C 建设路8号。
A 您反映的是建设路8号停电报修还没有人到，是吗？
C 是的。
A 好的，我已为您催办登记，抢修人员会尽快与您联系，请您放心。
C 好吧。
A 给您添麻烦了，感谢您的理解，再见。
---
A 您好，国网客服，工号2087，请讲。
C 我怀疑电表走得太快。
A 您好，您可以申请校验电表，我为您登记，请问您贵姓，电表地址在哪里？
C 我姓李，阳光花园6栋202。
A 李女士，您要申请校验阳光花园6栋202的电表，对吗？
C 对的。
A 已经为您登记，工作人员会联系您约定时间。
C 谢谢。
A 不客气，请您稍后对我的服务进行评价，再见。
---
A 下午好，供电热线，三号坐席为您服务。
C 违约金是怎么算的？
A 您好，居民用户是按欠费每日千分之一计算的。
C 能免吗？
A 很抱歉，违约金按规定收取，因为系统原因造成的可以申请核实，您可以把情况告诉我，我帮您登记。
C 那不用了，我就问问。
A 好的，还有其他需要吗？
C 没有。
A 谢谢您的来电，再见。
---
A 您好，电力客服中心，请问需要什么帮助？
C 我要投诉你们的抄表员，态度特别差。
A 非常抱歉给您带来不好的感受，我来为您受理投诉，请您说一下具体情况。
C 他说我爱交不交，太过分了。
A 我确认一下，您反映的是抄表员对您说了不礼貌的话，对吗？
C 对。
A 好的，您的投诉已经登记，24小时内会有专人联系您。
C 行。
A 再次向您致歉，感谢您的反馈，再见。
---
A 您好，客服中心小王为您服务。
C 电费怎么比上个月高这么多？
A 您好，请问您的户号是多少，户主姓名和登记电话的后四位也请告诉我，我核对一下。
C 1000002358，刘芳，1996。
A 核对无误，请稍等，正在为您查询。
A 感谢您的等待，您这个月用了380度，电费204元，上个月是187元，主要是天气热用电增加。
C 哦，原来这样。
A 您可以在手机上查看每天的用电量。请问还有别的问题吗？
C 没了，谢谢。
A 谢谢您的来电，祝您生活愉快。
---
A 您好，供电营业厅，请问有什么可以帮到您？
C 我想装个充电桩。
A 好的，需要您的身份证、车位证明和物业同意的证明，您可以在线上提交。
C 物业不同意怎么办？
A 这个需要您先跟物业协商，我们也可以把情况转给社区，请您放心。
C 好，我先去问问。
A 好的，有需要随时联系我们，再见。
---
A 晚上好，95598客服，工号3301。
C 我这边电线有点低，能来看看吗？
A 您好，请您不要靠近，请问具体位置在哪里？
C 新村小区门口。
A 您说的是新村小区门口的电线偏低，是吧？
C 是的。
A 已经为您登记派单，工作人员会尽快到现场，请您和其他人先远离。
C 好的。
A 感谢您的来电，请注意安全，再见。
"""
SOUND = tuple(_talk(each) for each in _WRITTEN.split("---"))


def _put(lines: Sequence[Line], at: int, *new: Line) -> tuple[Line, ...]:
    return (*lines[:at], *new, *lines[at:])


def _swap(lines: Sequence[Line], at: int, words: str) -> tuple[Line, ...]:
    who, _, gap, length = lines[at]
    return (*lines[:at], (who, words, gap, length), *lines[at + 1 :])


def _say(words: str, gap: float = 1.0) -> Line:
    return ("agent", words, gap, max(1.5, len(words) / 4))


def _late(gap: float) -> Callable[[Gold], Gold]:
    def plant(gold: Gold) -> Gold:
        at = next(place for place in range(2, len(gold.lines)) if gold.lines[place][0] == "agent")
        who, words, _, length = gold.lines[at]
        return replace(gold, lines=(*gold.lines[:at], (who, words, gap, length), *gold.lines[at + 1 :]))

    return plant


def _added(words: str) -> Callable[[Gold], Gold]:
    # After the customer's second turn, so that it answers something.
    def plant(gold: Gold) -> Gold:
        places = [place for place, line in enumerate(gold.lines) if line[0] == "customer"]
        return replace(gold, lines=_put(gold.lines, places[1] + 1, _say(words)))

    return plant


def _no_opening(gold: Gold) -> Gold:
    return replace(gold, lines=_swap(gold.lines, 0, "喂。"))


def _no_closing(gold: Gold) -> Gold:
    invited = [
        place
        for place, line in enumerate(gold.lines)
        if line[0] == "agent" and ("还有" in line[1] or "评价" in line[1])
    ]
    kept = gold.lines[: min([*invited, len(gold.lines) - 1])]
    return replace(gold, lines=(*kept, _say("好的。")), ended_by="")


def _hung_up(gold: Gold) -> Gold:
    return replace(gold, lines=(*gold.lines[:3], ("customer", "我还没说完呢，还有个问题", 1.0, 3.0)), ended_by="agent")


def _cut_in(gold: Gold) -> Gold:
    at = next(place for place in range(2, len(gold.lines)) if gold.lines[place][0] == "agent")
    who, words, _, length = gold.lines[at]
    return replace(gold, lines=(*gold.lines[:at], (who, words, -1.2, length + 1.2), *gold.lines[at + 1 :]))


def _refused(gold: Gold) -> Gold:
    lines = _put(
        gold.lines, 2, _say("您好，请讲。"), ("customer", "我要投诉", 1.0, 1.5), _say("抱歉，这种事投诉没用的。")
    )
    return replace(gold, lines=lines)


FAULTS: tuple[tuple[str, frozenset[str], Callable[[Gold], Gold]], ...] = (
    ("no_opening", frozenset({"opening.greeting", "opening.introduction"}), _no_opening),
    ("no_closing", frozenset({"closing.farewell"}), _no_closing),
    ("silence", frozenset({"listening.silence"}), _late(34.0)),
    ("cut_in", frozenset({"listening.interruption"}), _cut_in),
    ("data", frozenset({"identity.before_data"}), _added("您家上个月电费是187元。")),
    ("not_mine", frozenset({"polite.forbidden_words"}), _added("这不归我管。")),
    ("hurry", frozenset({"polite.forbidden_words"}), _added("你急什么。")),
    ("pay_or_not", frozenset({"polite.forbidden_words"}), _added("爱交不交。")),
    ("as_you_like", frozenset({"polite.forbidden_words"}), _added("那随便你。")),
    ("rule_is_rule", frozenset({"polite.forbidden_words"}), _added("规定就是规定。")),
    ("promise", frozenset({"promise.absolute"}), _added("您放心，保证一小时内来电。")),
    ("insult", frozenset({"veto.insult"}), _added("您是不是有病啊。")),
    ("favour", frozenset({"veto.favour"}), _added("您给点辛苦费，我帮您加快。")),
    ("leak", frozenset({"veto.leak"}), _added("您可以打户主的电话13812345678。")),
    ("false_record", frozenset({"veto.false_record"}), _added("我就给您记成已解决吧，省得考核。")),
    ("refused", frozenset({"veto.refused_complaint"}), _refused),
    ("hung_up", frozenset({"veto.hang_up"}), _hung_up),
)

# Clean, though something in them looks like a fault.
HARD = tuple(
    Gold(f"hard-{name}", lines, frozenset(), ended_by)
    for name, lines, ended_by in (
        (
            "customer_swears",
            _put(SOUND[1], 3, ("customer", "没办法，你们就是一群白痴，爱修不修！", 1.0, 4.0)),
            "customer",
        ),
        ("agent_quotes", _put(SOUND[6], 5, _say("您说他对您说爱交不交，非常抱歉。")), "customer"),
        ("hold_announced", (*SOUND[0][:5], (*SOUND[0][5][:2], 48.0, 6.0), *SOUND[0][6:]), "customer"),
        ("polite_refusal", _put(SOUND[2], 4, _say("很抱歉，这个暂时没办法为您代办，建议您到营业厅办理。")), "customer"),
        ("customer_leaves", SOUND[0][:5], "customer"),
        ("customer_thinks", (*SOUND[0][:3], (*SOUND[0][3][:2], 40.0, 5.0), *SOUND[0][4:]), "customer"),
        ("backchannel", _put(SOUND[3], 2, ("agent", "嗯，好的。", -1.5, 1.0)), "customer"),
        ("asks_knowledge", _put(SOUND[4], 2, _say("请问您知不知道电表的编号？")), "customer"),
        ("no_bribes", _put(SOUND[4], 7, _say("您好，师傅上门不会收取任何费用，也不收红包。")), "customer"),
        ("noise", _put(SOUND[1], 2, ("customer", "（背景嘈杂）喂？听得到吗？", 1.0, 3.0)), "customer"),
    )
)


def gold_dialogues() -> Iterator[Gold]:
    """Yield the sound ones, the hard ones, and each fault planted in each sound one where it changes anything."""
    for number, lines in enumerate(SOUND):
        sound = Gold(f"sound-{number}", lines, frozenset())
        yield sound
        for name, items, plant in FAULTS:
            if name == "data" and number in (0, 3, 4, 7):
                # Identity was checked there before.
                continue
            planted = plant(sound)
            yield replace(planted, id=f"{name}-{number}", items=items)
    yield from HARD
