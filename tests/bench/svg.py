# SPDX-License-Identifier: Apache-2.0
"""A bar chart as SVG, for the bench's figures: a group of bars for each load, one for each number of connections."""
from xml.sax.saxutils import escape

COLOURS = ("#0b5c8c", "#0e8a7d", "#b5460f", "#768a97")
BAR, GAP, LEFT, WIDTH, TOP = 14, 12, 210, 520, 64


def chart(title, note, groups, names):
    """groups: [(label, [(value, low, high), …])], a value for each of names; None for one that there isn't."""
    largest = max(high for _, values in groups for value, _, high in filter(None, values))
    step = GAP + BAR * len(names)
    height = TOP + step * len(groups) + GAP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 90} {height}" font-family="system-ui, sans-serif" '
             'font-size="12" role="img">', f"<title>{escape(title)}</title>",
             f'<rect width="100%" height="100%" fill="#ffffff"/><text x="12" y="20" font-size="15" font-weight="700">{escape(title)}</text>',
             f'<text x="12" y="38" fill="#4b5d69">{escape(note)}</text>']
    for index, name in enumerate(names):
        x = LEFT + index * 130
        parts.append(f'<rect x="{x}" y="{TOP - 18}" width="10" height="10" fill="{COLOURS[index]}"/>'
                     f'<text x="{x + 15}" y="{TOP - 9}">{escape(name)}</text>')
    for row, (label, values) in enumerate(groups):
        y = TOP + row * step
        parts.append(f'<text x="{LEFT - 8}" y="{y + step / 2}" text-anchor="end">{escape(label)}</text>')
        for index, found in enumerate(values):
            if found is None:
                continue
            value, low, high = found
            at, middle = y + index * BAR, y + index * BAR + BAR / 2
            wide, left, right = (WIDTH * part / largest for part in (value, low, high))
            parts.append(f'<rect x="{LEFT}" y="{at + 1}" width="{wide:.1f}" height="{BAR - 3}" fill="{COLOURS[index]}"/>'
                         f'<path d="M{LEFT + left:.1f} {middle - 0.5}H{LEFT + right:.1f}" stroke="#12222d"/>'
                         f'<text x="{LEFT + max(wide, right) + 5:.1f}" y="{at + BAR - 3}" font-size="10">{value:,.0f}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)
