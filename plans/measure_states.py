"""The life of a protection measure: what may follow what. Pure; services, buttons and papers ask the same table."""

from collections.abc import Mapping

from .models.measures import MeasureAct, MeasureKind, MeasureState

LEADS_TO: Mapping[MeasureAct, MeasureState] = {
    MeasureAct.REQUEST: MeasureState.REQUESTED,
    MeasureAct.ORDER: MeasureState.ORDERED,
    MeasureAct.REFUSE: MeasureState.REFUSED,
    MeasureAct.NOTIFY: MeasureState.NOTIFIED,
    MeasureAct.HEARING: MeasureState.NOTIFIED,
    MeasureAct.EXTEND: MeasureState.EXTENDED,
    MeasureAct.RUN_OUT: MeasureState.RUN_OUT,
    MeasureAct.LIFT: MeasureState.LIFTED,
    MeasureAct.END: MeasureState.ENDED,
}

BEGINNINGS = (MeasureAct.REQUEST, MeasureAct.ORDER)
"""How a measure comes into the case: it is asked for, or somebody ordered it already."""

TRANSITIONS: Mapping[MeasureState, tuple[MeasureAct, ...]] = {
    MeasureState.REQUESTED: (MeasureAct.ORDER, MeasureAct.REFUSE),
    MeasureState.ORDERED: (MeasureAct.NOTIFY, MeasureAct.LIFT, MeasureAct.END, MeasureAct.RUN_OUT),
    MeasureState.NOTIFIED: (
        MeasureAct.HEARING,
        MeasureAct.EXTEND,
        MeasureAct.LIFT,
        MeasureAct.END,
        MeasureAct.RUN_OUT,
    ),
    MeasureState.EXTENDED: (MeasureAct.EXTEND, MeasureAct.LIFT, MeasureAct.END, MeasureAct.RUN_OUT),
    MeasureState.RUN_OUT: (MeasureAct.EXTEND, MeasureAct.END),
    MeasureState.REFUSED: (),
    MeasureState.LIFTED: (),
    MeasureState.ENDED: (),
}
"""What may follow; one that has run out is confirmed to be over, or was extended before its end and is typed late."""

RUNNING = (MeasureState.ORDERED, MeasureState.NOTIFIED, MeasureState.EXTENDED)
"""It protects as long as its end is not reached."""

OVER = (MeasureState.REFUSED, MeasureState.LIFTED, MeasureState.ENDED)
"""After these nothing follows."""

BY_TIME = frozenset({MeasureAct.RUN_OUT})
"""What nobody does: time does."""

KNOWN_TO_HIM = frozenset(
    {
        MeasureAct.NOTIFY,
        MeasureAct.HEARING,
        MeasureAct.EXTEND,
        MeasureAct.RUN_OUT,
        MeasureAct.LIFT,
        MeasureAct.END,
    }
)
"""What his side may read once he was notified: never that it was asked for, ordered or refused."""


def acts_from(state: str, kind: str) -> tuple[MeasureAct, ...]:
    """What somebody may do of a measure in this state. The family court extends a residence ban once, and it alone
    fixes a hearing.
    """
    acts = [act for act in TRANSITIONS[MeasureState(state)] if act not in BY_TIME]
    if kind == MeasureKind.RESIDENCE_BAN:
        if state == MeasureState.EXTENDED:
            acts.remove(MeasureAct.EXTEND)
    elif MeasureAct.HEARING in acts:
        acts.remove(MeasureAct.HEARING)
    return tuple(acts)
