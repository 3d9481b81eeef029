"""The commands and events of the places where applications' pages lie (widgets/ui-interaction/index.md)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

_CALL_BUTTONS = """
nextButtonClick entityChanged qualityMeterClick hangupButtonClick closeButtonClick notifyAdminButtonClick
addCommentButtonClick cancelTransferButtonClick holdButtonClick muteButtonClick transferButtonClick
completeTransferButtonClick makeCallButtonClick dialpadButtonClick skipButtonClick initialized answerButtonClick
""".split()  # noqa: SIM905 - a list of words reads better as words


@dataclass(frozen=True, slots=True)
class Interface:
    """What a place offers to the page that lies in it, besides the general commands."""

    command: tuple[str, ...] = ()
    event: tuple[str, ...] = ()

    def printed(self) -> dict[str, list[str]]:
        """The answer to `getInterface`."""
        return {"command": list(self.command), "event": list(self.event)}


_RELOAD = Interface(("reloadData",))
_SEARCH = Interface(("crmShowFoundEntities", "crmShowCreatedEntity"), ("onCrmEntityIsNeedToCreate",))
_BY_PLACE = (
    ("CRM_DETAIL_SEARCH", _SEARCH),
    ("CRM_REQUISITE_AUTOCOMPLETE", _SEARCH),
    ("CRM_BANK_DETAIL_AUTOCOMPLETE", _SEARCH),
    ("CRM_*_DETAIL_TAB", _RELOAD),
    ("CRM_*_DETAIL_ACTIVITY", _RELOAD),
    ("CRM_*_LIST_MENU", _RELOAD),
    ("BIZPROC_ACTIVITY_PROPERTIES_DIALOG", Interface(("setPropertyValue",))),
    ("USERFIELD_TYPE", Interface(("setValue", "getValue"))),
    (
        "CALENDAR_GRIDVIEW",
        Interface(
            ("getEvents", "viewEvent", "addEvent", "editEvent", "deleteEvent"),
            (
                "Calendar.customView:refreshEntries",
                "Calendar.customView:decreaseViewRangeDate",
                "Calendar.customView:increaseViewRangeDate",
                "Calendar.customView:adjustToDate",
            ),
        ),
    ),
    (
        "CALL_CARD",
        Interface(
            ("getStatus", "disableAutoClose", "enableAutoClose"),
            ("CallCard::EntityChanged", "CallCard::BeforeClose", "CallCard::CallStateChanged"),
        ),
    ),
    (
        "PAGE_BACKGROUND_WORKER",
        Interface(
            (
                "CallCardSetMute",
                "CallCardSetHold",
                "CallCardSetUiState",
                "CallCardGetListUiStates",
                "CallCardSetCardTitle",
                "CallCardSetStatusText",
                "CallCardStartTimer",
                "CallCardStopTimer",
                "CallCardClose",
            ),
            tuple(f"BackgroundCallCard::{name}" for name in _CALL_BUTTONS),
        ),
    ),
)


# What an invisible page may do with the interface that the portal draws for it (detail-activity-area.md).
_LAYOUT = Interface(
    (
        "reloadData",
        "setLayout",
        "setLayoutItemState",
        "setPrimaryButtonState",
        "setSecondaryButtonState",
        "bindLayoutEventCallback",
        "bindValueChangeCallback",
        "bindPrimaryButtonClickCallback",
        "bindSecondaryButtonClickCallback",
        "bindEntityUpdateCallback",
        "lock",
        "unlock",
        "finish",
    )
)


def interface_of(placement: str, *, drawn: bool = False) -> Interface:
    """The interface of a place by its code; an application's own page has none. `drawn` is an activity
    that the portal draws itself."""
    if drawn:
        return _LAYOUT
    for pattern, interface in _BY_PLACE:
        if fnmatchcase(placement, pattern):
            return interface
    return Interface()
