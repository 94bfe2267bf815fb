"""The words of the inventory, of roles and permissions, and sentences of the lower layers in the reader's language."""

from __future__ import annotations

import re
from enum import StrEnum

from flask_babel import get_locale, gettext, lazy_gettext
from flask_babel.speaklater import LazyString as Lazy

from collectors.base import Metric
from inventory.forms import ObjectKind
from inventory.models import DeviceRole, Lifecycle, LinkKind, Reachability, SiteKind
from nms.base.permissions import Permission, Role
from nms.base.text import retold
from nms.ops.change.drift import Conformity
from nms.ops.change.plan import Capacity, PlanState, StepState
from nms.ops.change.trial import Outcome as DryRun
from nms.ops.configs.models import Cause, EventKind
from nms.ops.configs.summary import Standing
from spectrum.acts import Step
from spectrum.attachments import Paper
from spectrum.conformance import Case
from spectrum.law.articles import Status
from spectrum.law.cession import Axis
from spectrum.law.course import Mark, Stage
from spectrum.law.verdict import Fact, Outcome
from spectrum.law.versions import Nature
from spectrum.obligations import Status as Owed
from spectrum.sheet.columns import Column
from spectrum.sheet.judging import Fate
from spectrum.whatif import Change
from web.notification_words import ENDED, REFUSALS

_ = lazy_gettext

KINDS: dict[ObjectKind, tuple[Lazy, Lazy]] = {
    ObjectKind.SITE: (_("site"), _("Sites")),
    ObjectKind.DEVICE: (_("device"), _("Devices")),
    ObjectKind.INTERFACE: (_("port"), _("Ports")),
    ObjectKind.SECTOR: (_("sector"), _("Sectors")),
    ObjectKind.TERMINAL: (_("terminal"), _("Terminals")),
    ObjectKind.LINK: (_("link"), _("Links")),
    ObjectKind.HOTSPOT: (_("hotspot"), _("Hotspots")),
    ObjectKind.CONTACT: (_("contact"), _("Contacts")),
    ObjectKind.CREDENTIAL: (_("credential"), _("Credentials")),
}
"""Each kind of object, one and many."""

WORDS: dict[StrEnum, Lazy] = {
    Lifecycle.PLANNED: _("planned"),
    Lifecycle.IN_SERVICE: _("in service"),
    Lifecycle.MAINTENANCE: _("in maintenance"),
    Lifecycle.RETIRED: _("retired"),
    SiteKind.BASE_STATION: _("base station"),
    SiteKind.CYBERCENTRE: _("cybercentre"),
    SiteKind.TOWN_HALL: _("town hall"),
    SiteKind.POP: _("point of presence"),
    SiteKind.OTHER: _("other"),
    DeviceRole.TERMINAL: _("terminal"),
    DeviceRole.BACKHAUL: _("backhaul"),
    DeviceRole.ROUTER: _("router"),
    DeviceRole.SWITCH: _("switch"),
    DeviceRole.ACCESS_POINT: _("access point"),
    DeviceRole.SERVER: _("server"),
    LinkKind.DEDICATED: _("dedicated link"),
    LinkKind.ACCESS: _("access link"),
    Reachability.SNMP: _("SNMP"),
    Reachability.ICMP: _("ICMP echo"),
    **{kind: one for kind, (one, _many) in KINDS.items()},
    Nature.CESSION: _("cession"),
    Nature.MAKING_AVAILABLE: _("making available"),
    Nature.LEASE: _("location (lease)"),
    Outcome.GRANTED: _("granted"),
    Outcome.UNPROVEN: _("not proved"),
    Outcome.ASK: _("ask"),
    Outcome.REFUSED: _("refused"),
    Change.LOST: _("right lost"),
    Change.OTHER_HOLDER: _("other right-holder"),
    Change.NEVER: _("no right before or after"),
    Change.GAINED: _("right gained"),
    Change.OPEN: _("not proved"),
    Change.SAME: _("unchanged"),
    Fact.CESSIONNAIRE: _("name of the assignee"),
    Fact.BANDS: _("bands of the authorisation"),
    Fact.END: _("end of the authorisation"),
    Fact.LOCATIONS: _("station locations"),
    Fact.CALL: _("how it was assigned (L. 42-2)"),
    Fact.SERVICE: _("missions of public service"),
    Fact.SPLIT: _("split of obligations"),
    Fact.SANCTIONS: _("sanctions"),
    Fact.CAPACITY: _("capacity"),
    Fact.COMMITMENTS: _("commitments"),
    Fact.DOSSIER: _("joint dossier"),
    Fact.AGREEMENT: _("reference of the agreement"),
    Mark.SENT: _("sent by registered letter"),
    Mark.RECEIVED: _("received by ARCEP"),
    Mark.INCOMPLETE: _("items asked for"),
    Mark.COMPLETE: _("notification complete"),
    Mark.EXTENDED: _("extension told"),
    Mark.APPROVED: _("approved by decision"),
    Mark.REFUSED: _("refused by decision"),
    Mark.OPPOSED: _("opposed by ARCEP"),
    Mark.NOTIFIED: _("approval notified to the parties"),
    Mark.CONFIRMED_CEDANT: _("confirmed by the assignor"),
    Mark.CONFIRMED_CESSIONNAIRE: _("confirmed by the assignee"),
    Mark.WITHDRAWN: _("project withdrawn"),
    Mark.EXECUTED: _("executed by decision or convention"),
    Mark.RECTIFIED: _("last event entered by mistake"),
    Stage.DRAFT: _("draft"),
    Stage.SENT: _("sent"),
    Stage.RECEIVED: _("received, not complete"),
    Stage.IN_REVIEW: _("in review"),
    Stage.APPROVED: _("approved, to be notified"),
    Stage.WITHDRAWAL_PERIOD: _("approved, withdrawal open"),
    Stage.EXECUTABLE: _("to be executed"),
    Stage.UNOPPOSED: _("not opposed"),
    Stage.EXECUTED: _("executed"),
    Stage.REFUSED: _("refused by ARCEP"),
    Stage.SILENTLY_REFUSED: _("refused by silence"),
    Stage.OPPOSED: _("opposed"),
    Stage.WITHDRAWN: _("withdrawn"),
    Axis.GEOGRAPHIC: _("geographic"),
    Axis.SPECTRAL: _("spectral"),
    Axis.TEMPORAL: _("temporal"),
    Status.RULE: _("rule"),
    Status.DATA: _("data"),
    Status.MANUAL: _("not automated"),
    Status.NOT_HELD: _("text not held"),
    Step.ATTRIBUTION: _("attribution"),
    Step.ISSUE: _("issue to the assignee"),
    Step.APPROVAL: _("approval"),
    Step.EXECUTION: _("execution"),
    Step.WITHDRAWAL: _("withdrawal of an approved project"),
    Step.MODIFICATION: _("modification"),
    Step.RENEWAL: _("renewal"),
    Step.TRANSFER: _("transfer by merger"),
    Step.ABROGATION: _("abrogation"),
    Step.SUSPENSION: _("suspension"),
    Step.MAKING_AVAILABLE: _("making available"),
    Step.LEASE: _("location (lease)"),
    Step.RENAMING: _("change of name"),
    Step.ENFORCEMENT: _("formal notice or sanction"),
    Step.PRESCRIPTION: _("prescription"),
    Fate.NEW: _("would be recorded"),
    Fate.PUT_RIGHT: _("would put the record right"),
    Fate.ANNULS: _("would annul the record"),
    Fate.KNOWN: _("recorded already"),
    Fate.FAULT: _("fault"),
    **REFUSALS,
    **ENDED,
    Cause.NIGHTLY: _("nightly backup"),
    Cause.TRAP: _("after a trap"),
    Cause.MANUAL: _("asked for"),
    Cause.BEFORE_CHANGE: _("before a change"),
    Cause.AFTER_CHANGE: _("after a change"),
    Cause.REHEARSAL: _("rehearsal of a restore"),
    Standing.KEPT: _("kept"),
    Standing.NEVER: _("never backed up"),
    Standing.FAILING: _("failing"),
    Standing.KEY_UNKNOWN: _("SSH key to confirm"),
    Standing.KEY_CHANGED: _("other SSH key"),
    Case.NOT_COVERED: _("no right"),
    Case.STICKS_OUT: _("sticks out of a right"),
    Case.TO_CHECK: _("to be checked"),
    Case.NOT_ESTABLISHED: _("cannot be proved"),
    Case.NOT_TOLD: _("the radio does not tell"),
    Case.EXEMPT: _("no authorisation needed"),
    Case.COVERED: _("within a right"),
    Owed.MET: _("met"),
    Owed.DUE: _("not met yet"),
    Owed.LATE: _("late"),
    Owed.TO_ASK: _("to ask"),
    Owed.UNKNOWN: _("cannot be computed"),
    Paper.SCANNED_ACT: _("scanned act"),
    Paper.POSTAL_RECEIPT: _("postal receipt (registered letter)"),
    Paper.LETTER: _("letter"),
    Paper.ANNEX: _("annex"),
    Paper.SECRET: _("secret annex"),
    PlanState.RUNNING: _("running"),
    PlanState.DONE: _("done"),
    PlanState.STOPPED: _("stopped"),
    PlanState.CANCELLED: _("given up"),
    StepState.PENDING: _("waiting"),
    StepState.SENDING: _("being sent"),
    StepState.VERIFYING: _("being read back"),
    StepState.REVERTING: _("being taken back"),
    StepState.CONFIRMED: _("confirmed"),
    StepState.REVERTED: _("taken back"),
    StepState.UNTOUCHED: _("untouched"),
    StepState.UNKNOWN: _("state unknown"),
    Conformity.CONFORMS: _("conforms"),
    Conformity.WAITING: _("not judged yet"),
    Conformity.CANNOT_TELL: _("cannot tell"),
    Conformity.NEVER_READ: _("never read"),
    Conformity.DRIFTS: _("drifts"),
    EventKind.DRIFT_BEGAN: _("drift"),
    EventKind.DRIFT_ENDED: _("end of drift"),
    EventKind.KEY_REFUSED: _("key refused"),
    EventKind.KEY_CONFIRMED: _("key confirmed"),
    EventKind.BACKUPS_FAIL: _("backups fail"),
    EventKind.BACKUPS_AGAIN: _("backups again"),
    DryRun.ACCEPTED: _("takes every line"),
    DryRun.REFUSED: _("would refuse lines"),
    DryRun.NO_WAY: _("has no dry run"),
    DryRun.FAILED: _("could not be asked"),
    Capacity.ENGINEER: _("engineer"),
    Capacity.LEGAL: _("legal officer"),
}
"""Words of the enums; those of two enums that are spelled the same are the same word."""

ROLES: dict[Role, tuple[Lazy, Lazy]] = {
    Role.VIEWER: (_("viewer"), _("sees the network")),
    Role.NOC: (_("NOC operator"), _("sees, polls, puts into maintenance")),
    Role.ENGINEER: (_("engineer"), _("writes the inventory and prepares changes")),
    Role.LEGAL: (_("legal officer"), _("registers rights and cessions")),
    Role.OFFICIAL: (_("official"), _("follows the plan")),
    Role.COMMUNE: (_("commune"), _("sees its own communes only")),
    Role.AUDITOR: (_("auditor"), _("reads and verifies everything, writes nothing")),
    Role.ADMINISTRATOR: (_("administrator"), _("manages users and settings")),
}

FIELDS: dict[str, tuple[Lazy, Lazy | str]] = {
    "name": (_("Name"), _("letters, digits and . _ / -")),
    "label": (_("Label"), ""),
    "organisation": (_("Organisation"), ""),
    "phone": (_("Telephone"), ""),
    "email": (_("E-mail"), ""),
    "version": (_("SNMP version"), ""),
    "site_kind": (_("Kind of site"), ""),
    "insee": (_("Commune"), _("INSEE code")),
    "lat_deg": (_("Latitude"), _("degrees, WGS84")),
    "lon_deg": (_("Longitude"), _("degrees, WGS84")),
    "altitude_m": (_("Altitude"), "m"),
    "address": (_("Address"), ""),
    "owner": (_("Owner"), _("who answers for it, as the acts name parties")),
    "contact": (_("Contact"), ""),
    "lifecycle": (_("Lifecycle"), ""),
    "note": (_("Note"), ""),
    "site": (_("Site"), ""),
    "role": (_("Role"), ""),
    "family": (_("Family"), _("empty: recognised at discovery")),
    "credential": (_("Credential"), ""),
    "reachability": (_("Reachability"), ""),
    "poll_interval_s": (_("Poll interval"), _("s; empty: as in the settings")),
    "cli": (_("Command line"), _("frr, cisco_ios, routeros…; empty: that of the family")),
    "ssh_credential": (_("SSH credential"), _("with which its configuration is read")),
    "ssh_port": (_("SSH port"), _("empty: 22")),
    "parent": (_("Reached through"), _("device nearer to the core")),
    "vendor": (_("Vendor"), ""),
    "model": (_("Model"), ""),
    "serial": (_("Serial number"), ""),
    "device": (_("Device"), ""),
    "descr": (_("Description"), "ifDescr"),
    "alias": (_("Alias"), "ifAlias"),
    "if_index": (_("Index"), "ifIndex"),
    "speed_bps": (_("Speed"), "bit/s"),
    "radio_index": (_("Radio index"), _("as the device numbers it")),
    "azimuth_deg": (_("Azimuth"), _("degrees from north")),
    "beamwidth_deg": (_("Beamwidth"), _("degrees")),
    "tilt_deg": (_("Tilt"), _("degrees")),
    "height_m": (_("Height"), _("m above ground")),
    "gain_dbi": (_("Gain"), "dBi"),
    "feeder_loss_db": (_("Feeder loss"), "dB"),
    "power_dbm": (_("Power"), "dBm"),
    "centre_khz": (_("Planned centre"), "kHz"),
    "width_khz": (_("Planned width"), "kHz"),
    "sector": (_("Sector"), ""),
    "mac": (_("MAC address"), ""),
    "link_kind": (_("Kind of link"), ""),
    "a_device": (_("End A: device"), ""),
    "a_interface": (_("End A: port"), ""),
    "b_device": (_("End B: device"), ""),
    "b_interface": (_("End B: port"), ""),
    "terminal": (_("Terminal"), ""),
    "committed_bps": (_("Committed rate"), _("bit/s; 2 Mb/s is 2000000")),
    "provider": (_("Provider"), ""),
    "contract_class": (_("Contract class"), ""),
    "ssid": ("SSID", ""),
    "interface": (_("Port"), ""),
    "kind": (_("Kind"), ""),
    "user": (_("User"), _("of SNMPv3 or SSH")),
    "community": (_("Community"), ""),
    "auth": (_("Authentication"), ""),
    "auth_key": (_("Authentication passphrase"), ""),
    "priv": (_("Privacy"), ""),
    "priv_key": (_("Privacy passphrase"), ""),
    "password": (_("Password"), ""),
    "private_key": (_("Private key"), ""),
}
"""Label of each field, and its unit or a hint."""

COLUMNS: dict[Column, Lazy] = {
    Column.NUMBER: _("number of the act"),
    Column.DECIDED: _("day of the decision"),
    Column.NOTIFIED: _("day of notification"),
    Column.STEP: _("step (what the act does)"),
    Column.KIND: _("qualification, as the act says"),
    Column.CEDANT: _("assignor, or whose right it is"),
    Column.CESSIONNAIRE: _("assignee, or who receives"),
    Column.COMMUNE: _("commune(s): name or INSEE code"),
    Column.DEPARTMENT: _("department(s)"),
    Column.AREA: _("area, in the words of the act"),
    Column.BANDS: _("bands, such as 3432.5-3436"),
    Column.BAND_FROM: _("band: lower end"),
    Column.BAND_TO: _("band: upper end"),
    Column.START: _("first day of effect"),
    Column.LAST_DAY: _("last day of the right (included)"),
    Column.UNTIL: _("first day without the right"),
    Column.TITLE: _("authorisation concerned"),
    Column.SOURCE: _("source (address of the text)"),
    Column.NOTE: _("remark"),
    Column.OBLIGATIONS: _("obligations, such as 16: 3 by 2008-12-31 [annex 2] (H)"),
}
"""What a column of a lawyer's spreadsheet can say of an act."""

PERMISSIONS: dict[Permission, Lazy] = {
    Permission.DEVICE_READ: _("read the inventory and the states"),
    Permission.HEALTH_READ: _("read health and series"),
    Permission.METRICS_READ: _("scrape /metrics"),
    Permission.DEVICE_POLL: _("poll a device now"),
    Permission.ALARM_ACKNOWLEDGE: _("take alarms"),
    Permission.MAINTENANCE_WRITE: _("begin and end works"),
    Permission.DEVICE_WRITE: _("write the inventory"),
    Permission.INVENTORY_IMPORT: _("import an inventory"),
    Permission.REPORT_READ: _("read reports"),
    Permission.LEDGER_READ: _("read the journal"),
    Permission.CONFIG_READ: _("read configurations, without their secrets"),
    Permission.WALL_READ: _("show the wall (a screen without a login)"),
    Permission.CALENDAR_READ: _("read the calendar of deadlines, and nothing else"),
}
"""What a token may be given, where a route of today needs it."""

QUANTITIES: dict[Metric, Lazy | str] = {
    Metric.FREQUENCY: _("Frequency"),
    Metric.CHANNEL_WIDTH: _("Channel width"),
    Metric.TX_POWER: _("Transmit power"),
    Metric.RSSI: "RSSI",
    Metric.NOISE: _("Noise"),
    Metric.CINR: "CINR",
    Metric.SNR: "SNR",
    Metric.RATE: _("Rate"),
    Metric.CAPACITY: _("Capacity"),
    Metric.CLIENTS: _("Clients"),
    Metric.DISTANCE: _("Distance"),
    Metric.UTILISATION: _("Airtime used"),
    Metric.QUALITY: _("Quality"),
}
"""What a radio reading measures."""

_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b", re.ASCII)
_BY_VALUE = {str(member.value): text for member, text in WORDS.items()}


def word(member: StrEnum | str) -> str:
    """The word of an enum's member."""
    return str(_BY_VALUE.get(str(member), member))


def column_word(name: str) -> str:
    """What a column of a spreadsheet of acts says; the name itself when it is a heading."""
    return str(COLUMNS[Column(name)]) if name in COLUMNS else name


def field_label(name: str) -> str:
    """The label of a field; a column that is no field keeps its name."""
    return str(FIELDS[name][0]) if name in FIELDS else name


def in_language(sentence: str) -> str:
    """A sentence of ours in the reader's language, its days as written there; a foreign text stays as it is."""
    show = french_days if str(get_locale()) == "fr" else str
    return retold(sentence, lambda one: str(_BY_VALUE[one]) if one in _BY_VALUE else gettext(one), show)


def french_days(text: str) -> str:
    """A text of ours with its days as they are written in French: 26/02/2008."""
    return _DAY.sub(r"\3/\2/\1", text)
