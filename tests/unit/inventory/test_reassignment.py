"""Sites that pass to somebody else: all that still stand as it was written, each with its trace, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from inventory import service
from inventory.forms import ContactForm, ObjectKind, SiteForm
from inventory.reassignment import Answerable, Reassignment, reassign, reassignments
from nms.base.db import Database
from nms.base.ledger import LedgerEntry
from nms.base.permissions import SYSTEM

NOW = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
REGION, COMMUNE = Answerable("Région", "noc"), Answerable("Commune de Lezay", "mairie")
PLAN = replace(SYSTEM, name="C-2026-0001")


def filled(database: Database) -> None:
    with database.transaction() as session:
        for contact in ("noc", "mairie"):
            service.save(session, SYSTEM, NOW, ContactForm(contact))
        for name in ("lezay", "melle"):
            service.save(session, SYSTEM, NOW, SiteForm(name, owner="Région", contact="noc", note="kept"))


def test_a_site_passes_with_a_trace_that_names_the_plan_and_comes_back(database: Database) -> None:
    filled(database)
    with database.transaction() as session:
        found, against = reassignments(session, {"lezay": COMMUNE})
        assert (found, against) == ([Reassignment("lezay", REGION, COMMUNE)], {})
        assert reassign(session, PLAN, NOW, found) == {}
        seal = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
        assert seal is not None
        assert (seal.actor, seal.kind, seal.subject) == ("C-2026-0001", "inventory.site", "lezay")
        form = service.form_of(session, ObjectKind.SITE, "lezay")
        assert isinstance(form, SiteForm)
        assert (form.owner, form.contact, form.note) == ("Commune de Lezay", "mairie", "kept")
        assert reassign(session, PLAN, NOW, [one.back for one in found]) == {}
        assert reassignments(session, {"lezay": COMMUNE})[0] == found


def test_what_was_changed_meanwhile_stays_and_the_others_pass(database: Database) -> None:
    filled(database)
    with database.transaction() as session:
        found, _ = reassignments(session, {"lezay": COMMUNE, "melle": COMMUNE})
        service.save(session, SYSTEM, NOW, SiteForm("lezay", owner="Département", contact="noc"))
        against = reassign(session, PLAN, NOW, found)
        assert list(against) == ["lezay"]
        assert "owner Département, contact noc" in str(against["lezay"])
        owners = [getattr(service.form_of(session, ObjectKind.SITE, name), "owner", "") for name in ("lezay", "melle")]
        assert owners == ["Département", "Commune de Lezay"]


def test_the_same_again_changes_nothing(database: Database) -> None:
    filled(database)
    with database.transaction() as session:
        found, _ = reassignments(session, {"lezay": COMMUNE})
        reassign(session, PLAN, NOW, found)
        before = session.scalars(select(LedgerEntry.seq)).all()
        assert reassign(session, PLAN, NOW, found) == {}
        assert session.scalars(select(LedgerEntry.seq)).all() == before


def test_what_cannot_be_is_told_of_each_site(database: Database) -> None:
    filled(database)
    with database.transaction() as session:
        wanted = {
            "rom": COMMUNE,
            "melle": REGION,
            "lezay": Answerable("Région", "nobody"),
        }
        found, against = reassignments(session, wanted)
        told = {site: str(why) for site, why in against.items()}
        assert told["rom"] == "there is no such site"
        assert told["melle"] == "this changes nothing"
        assert "no contact of this name" in told["lezay"]
        long = reassignments(session, {"lezay": Answerable("x" * 256)})[1]
        assert "too long" in str(long["lezay"])
        assert reassign(session, PLAN, NOW, [Reassignment("rom", REGION, COMMUNE)]) == {"rom": "there is no such site"}
        assert reassign(session, PLAN, NOW, found) == {"lezay": against["lezay"]}
