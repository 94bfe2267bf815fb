"""The loaded territory as the register needs it."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.territory import Commune, CommuneSuccessor, Department
from spectrum.places import Places, known_as


def read_places(session: Session) -> Places:
    """Departments, regions of before 2016 and of today, communes, groupings and successors of the loaded territory."""
    departments, regions = {}, defaultdict(set)
    for row in session.scalars(select(Department)):
        departments[row.code] = row.name
        for region in {row.region_name, row.region_2015_name} - {""}:
            for name in known_as(region):
                regions[name].add(row.code)
    communes, names, groupings = defaultdict(set), {}, defaultdict(set)
    rows = session.execute(
        select(Commune.insee, Commune.name, Commune.department, Commune.epci_siren, Commune.epci_name)
    )
    for insee, name, department, siren, epci in rows:
        communes[department].add(insee)
        names[insee] = name
        for key in {siren, *known_as(epci)} - {""}:
            groupings[key].add(insee)
    former = session.scalars(select(CommuneSuccessor)).all()
    return Places(
        departments=departments,
        regions={name: tuple(sorted(codes)) for name, codes in regions.items()},
        communes={code: frozenset(found) for code, found in communes.items()},
        commune_names=names,
        groupings={key: frozenset(found) for key, found in groupings.items()},
        successors={row.old_insee: row.new_insee for row in former},
        former_names={row.old_insee: row.old_name for row in former if row.old_name},
    )
