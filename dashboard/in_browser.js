// What Streamlit leaves undone: the page names its language, and Enter presses the button of a row.
document.documentElement.lang = "LANGUAGE";

const drawn = () => new Promise(done => setTimeout(() => requestAnimationFrame(done), 40));

// Tables are drawn, so a row's button is where the pointer would turn into a hand: in the first
// column or in the last.
async function press(cell, table) {
    const canvas = cell.closest("canvas"), box = canvas.getBoundingClientRect();
    const grid = cell.closest("table"), row = cell.parentElement;
    const rows = table.querySelector(".dvn-stack").getBoundingClientRect().height;
    const tall = rows / grid.getAttribute("aria-rowcount"); // the head is as high as a row
    const scrolled = table.querySelector(".dvn-scroller").scrollTop;
    const clientY = box.top + tall * (row.getAttribute("aria-rowindex") - 0.5) - scrolled;
    const told = (Kind, kind, clientX) => canvas.dispatchEvent(new Kind(kind, {
        pointerType: "mouse", pointerId: 1, isPrimary: true, button: 0, bubbles: true, clientX, clientY,
    }));
    const ways = [20, 35, 50, 65, 80, 100, 120].map(px => [box.left + px, box.right - px]);
    const isLast = cell === row.lastElementChild;
    for (const clientX of [...ways.map(way => way[+isLast]), ...ways.map(way => way[+!isLast])]) {
        told(PointerEvent, "pointermove", clientX);
        await drawn();
        if (getComputedStyle(canvas).cursor !== "pointer") continue;
        told(PointerEvent, "pointerdown", clientX);
        told(PointerEvent, "pointerup", clientX);
        told(MouseEvent, "click", clientX);
        return;
    }
}

if (!window.pressesButtons) {
    window.pressesButtons = true;
    document.addEventListener("keydown", event => {
        const cell = document.activeElement, table = cell?.closest('[data-testid="stDataFrame"]');
        if (!table || !cell.id.startsWith("glide-cell-") || !["Enter", " "].includes(event.key)) return;
        press(cell, table);
    }, true);
}
