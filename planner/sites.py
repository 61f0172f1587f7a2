"""What a site takes beside its servers: to be set up, and people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hybrid_lp.instance import Opening, People

from planner.case import Case
from planner.dispatch import Supply
from planner.supplies import at_site, sites_of


def openings(case: Case, pools: Sequence[Supply]) -> tuple[Opening, ...]:
    """Set-up of each site, paid at the start of the period of the first order; a site with a fleet is open."""
    open_sites = {entry.site for entry in case.assumptions.fleet}
    return tuple(
        Opening(site, at_site(pools, site), cost * case.timeline.discount_start[: case.timeline.periods])
        for site in sites_of(pools)
        if (cost := case.assumptions.sites[site].setup_cost) > 0 and site not in open_sites
    )


def people(case: Case, pools: Sequence[Supply]) -> tuple[People, ...]:
    """Whole people of each site that asks for them."""
    groups = []
    for site in sites_of(pools):
        staff = case.assumptions.sites[site].staff
        if staff is not None and staff.whole_people:
            year = staff.cost_per_person_year * case.timeline.years
            cost = year * case.timeline.discount_middle[: case.timeline.periods]
            groups.append(People(site, at_site(pools, site), staff.servers_per_person, np.asarray(cost)))
    return tuple(groups)
