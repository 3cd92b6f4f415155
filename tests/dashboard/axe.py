"""What axe finds wrong with a page, apart from what Streamlit alone could mend."""

from axe_playwright_python.base import AXE_SCRIPT

from tests.dashboard.browser import Watch

# The list of pages is a <ul> of another role.
OF_STREAMLIT = {"list", "listitem"}
RUN = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations.map(({id, nodes}) => [id, nodes[0].html.slice(0, 200)]);
}"""


def faults(seen: Watch) -> list[tuple[str, str]]:
    """The rule that is broken, and the first element that breaks it."""
    seen.page.evaluate(AXE_SCRIPT)
    found: list[tuple[str, str]] = seen.page.evaluate(RUN)
    return [(rule, where) for rule, where in found if rule not in OF_STREAMLIT]
