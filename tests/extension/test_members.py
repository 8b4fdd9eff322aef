"""Who may do what with a tenant, from the panel: members, invitations, and what was done."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from lab_panel import both_themes, chosen, row
from live_lab import Lab, Seen

pytestmark = pytest.mark.timeout(900)

ADA = "hub:h:<b>ada</b> 'a' \"🦭\""


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


def test_members_are_invited_changed_and_removed(
    page: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path, seen: Seen
) -> None:
    seen.forgive("status of 409", "/members/")
    me = "hub:h:me"

    def as_me(route: Route) -> None:
        """Who runs this Jupyter is the platform's operator, and member of nothing."""
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "person": me})

    page.route(re.compile(r"/dbaas/v1/platform(\?|$)"), as_me)
    page.get_by_role("tab", name="Databases").click()
    tenant = new_tenant()
    for person, right in ((me, "administer"), ("hub:h:ada", "view")):
        lab.api("PUT", f"/v1/{tenant}/members/{person}", {"right": right})

    def rights() -> dict[str, str]:
        return {each["person"]: each["right"] for each in lab.api("GET", f"/v1/{tenant}/members")}

    item = row(page, f"{tenant}, tenant")
    expect(item).to_be_visible()
    chosen(page, item, "Members")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("tab", name="Members")).to_be_focused()
    members = dialog.get_by_role("list", name="Members")
    ada = members.get_by_role("listitem", name="hub:h:ada")
    mine = members.get_by_role("listitem", name=me)
    expect(mine).to_contain_text("(you)")
    with page.expect_response(re.compile("/members(\\?|$)")):
        ada.get_by_label("Right of hub:h:ada").select_option("own")
    assert rights()["hub:h:ada"] == "own"

    mine.get_by_label(f"Right of {me}").select_option("view")
    question = mine.get_by_role("group", name="Change your own right?")
    expect(question).to_contain_text("You can no longer manage members.")
    both_themes(page, shots, "own")
    question.get_by_role("button", name="Keep").click()
    expect(mine.get_by_label(f"Right of {me}")).to_have_value("administer")
    assert rights()[me] == "administer"

    ada.get_by_role("button", name="Remove").click()
    expect(ada.get_by_role("button", name="Remove")).to_be_focused()
    page.keyboard.press("Enter")
    expect(ada).to_have_count(0)
    assert "hub:h:ada" not in rights()

    invite = dialog.get_by_role("form", name="Invite somebody")
    invite.get_by_role("button", name="Invite").click()
    expect(invite.get_by_label("Invite", exact=True)).to_have_attribute("aria-invalid", "true")
    invite.get_by_label("Invite", exact=True).fill(ADA)
    invite.get_by_label("Right", exact=True).select_option("own")
    invite.get_by_label("Invite", exact=True).press("Enter")
    pending = dialog.get_by_role("list", name="Invitations").get_by_role("listitem")
    expect(pending).to_contain_text(ADA)
    token = dialog.get_by_label("Invitation token", exact=True)
    expect(token).to_have_value(re.compile(".{16,}"))
    both_themes(page, shots, "members")
    pending.get_by_role("button", name="Revoke the invitation").click()
    page.keyboard.press("Enter")
    expect(pending).to_have_count(0)
    expect(token).to_have_count(0)
    assert lab.api("GET", f"/v1/{tenant}/invitations") == []

    dialog.get_by_role("tab", name="Members").focus()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("tab", name="Activity")).to_be_focused()
    entries = dialog.get_by_role("region", name="Last entries").get_by_role("row")
    expect(entries.nth(1)).to_contain_text("withdraw")
    expect(entries.nth(1)).to_contain_text("ok")
    both_themes(page, shots, "activity")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.unroute_all(behavior="wait")
