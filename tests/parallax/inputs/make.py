"""Makes the files of this folder: one invented readout as people have it, and files that cannot be read.

    pip install reportlab==5.1.0 python-docx==1.2.0 pypdf==7.1.1 cryptography==50.0.2 pillow==13.0.0
    python tests/parallax/inputs/make.py [CHROMIUM]

The text is that of call.txt, and of call-chinese.txt. With the path of a Chromium, the page is printed by it, too: fonts as
browsers embed them.
"""

import io
import pathlib
import subprocess
import sys

import docx
from docx.oxml import OxmlElement
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

FOLDER = pathlib.Path(__file__).parent
TEXT = (FOLDER / "call.txt").read_text(encoding="utf-8")
CHINESE = (FOLDER / "call-chinese.txt").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    """The paragraphs and items of a text."""
    return [line for line in text.splitlines() if line]


def furniture(page: canvas.Canvas, document: SimpleDocTemplate) -> None:
    """A running head and a page number, as no reader of the text wants them."""
    page.setFont("Helvetica", 8)
    page.drawString(40, A5[1] - 30, "Office of the Prime Minister of Valdora | Press release")
    page.drawCentredString(A5[0] / 2, 25, f"Page {document.page} of 2")
    page.saveState()
    page.translate(100, 150)
    page.rotate(45)
    page.setFont("Helvetica", 60)
    page.drawString(0, 0, "COPY")
    page.restoreState()


def make_pdf(text: str, font: str, justified: bool) -> bytes:
    """A PDF of a word processor: lines broken, words hyphenated, two pages."""
    target = io.BytesIO()
    # The same bytes each time.
    document = SimpleDocTemplate(target, pagesize=A5, margin=40, topMargin=60, bottomMargin=60, invariant=1)
    style = ParagraphStyle("body", fontName=font, fontSize=12, leading=18, spaceAfter=9, alignment=TA_JUSTIFY if justified else 0,
                           wordWrap=None if justified else "CJK", uriWasteReduce=0, embeddedHyphenation=1)
    head = ParagraphStyle("head", parent=style, fontSize=16, leading=20, alignment=0)
    story = []
    for place, block in enumerate(blocks(text)):
        # Long words may be broken where the soft hyphens are.
        block = block.replace("international", "inter\u00adnational").replace("commissioners", "commis\u00adsioners")
        story.append(Paragraph(block.replace("- ", "\u2022 ", 1) if block.startswith("- ") else block, head if place == 0 else style))
    document.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return target.getvalue()


def make_docx() -> bytes:
    """A document of Word with a heading, items, a table, a change, a page head."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Press release"
    title, *rest = blocks(TEXT)
    document.add_heading(title, 1)
    for block in rest:
        if block.startswith("- "):
            document.add_paragraph(block[2:], style="List Bullet")
        else:
            paragraph = document.add_paragraph()
            # Word cuts a text where its look changes, and where somebody has stopped typing.
            for start in range(0, len(block), 17):
                paragraph.add_run(block[start:start + 17])
    deleted = OxmlElement("w:del")
    run = OxmlElement("w:r")
    text = OxmlElement("w:delText")
    text.text = "This was struck out."
    run.append(text)
    deleted.append(run)
    document.paragraphs[-1]._p.append(deleted)
    table = document.add_table(rows=0, cols=2)
    for row in [("Levy on timber", "12 percent"), ("Levy on fish", "none")]:
        for cell, words in zip(table.add_row().cells, row):
            cell.text = words
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def main() -> None:
    files = {}
    files["call.pdf"] = make_pdf(TEXT, "Times-Roman", True)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    files["call-chinese.pdf"] = make_pdf(CHINESE, "STSong-Light", False)
    files["call.docx"] = make_docx()

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(files["call.pdf"])))
    writer.encrypt("secret", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    files["password.pdf"] = target.getvalue()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(files["call.pdf"])))
    writer.encrypt("", "owner", algorithm="AES-128")
    target = io.BytesIO()
    writer.write(target)
    files["no-printing.pdf"] = target.getvalue()

    target = io.BytesIO()
    Image.new("1", (200, 280), 1).save(target, "PDF")
    files["scan.pdf"] = target.getvalue()

    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    if len(sys.argv) > 1:
        command = [sys.argv[1], "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={FOLDER / 'browser.pdf'}",
                   f"file://{(FOLDER / 'page.html').resolve()}"]
        subprocess.run(command, check=True, timeout=60)


main()
