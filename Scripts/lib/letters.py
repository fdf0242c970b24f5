"""A Sent folder as people have them: threads, HTML in every transfer encoding, attachments, other people's trackers."""

import email.message
import email.policy
import email.utils
import html
import random
from dataclasses import dataclass, field

ADDRESS = "alice@hansson.example"
OWNER = email.utils.formataddr(("Alice Hansson", ADDRESS))
POLICY = email.policy.SMTP.clone(max_line_length=76)
DAY = 86400

PEOPLE = [
    ("Vera Lindqvist", "vera@lindqvist-arkitekter.example"), ("Jonas Weber", "j.weber@weber-bau.example"),
    ("Amélie Laurent", "amelie.laurent@atelier-nord.example"), ("Tomasz Zieliński", "tomasz@zielinski.example"),
    ("Grace Okafor", "grace.okafor@okafor-legal.example"), ("Mia Chen", "mia@chen.example"),
    ("Søren Dahl", "sd@dahl-tomrer.example"), ("Priya Raman", "priya@raman-consulting.example"),
    ("Luca Bianchi", "luca.bianchi@studio-bianchi.example"), ("Hannah Vogt", "hannah.vogt@stadtwerke.example"),
]
TOPICS = [
    "Offer for the second floor", "Floor plan, third draft", "Invoice 2026-{n}", "Site visit on Tuesday",
    "Contract, your comments", "Photos from the workshop", "Delivery dates", "Question about the permit",
    "Minutes of the meeting", "Lunch?", "Kostenvoranschlag Nr. {n}", "Skiss på entrén", "Reminder: measurements",
]
SENTENCES = [
    "Thank you for the call this morning.", "I have gone through the drawings once more and marked two places.",
    "The north façade needs another week, the rest is on schedule.", "Could you let me know by Friday?",
    "Die Maße für das Treppenhaus stimmen jetzt, siehe Anhang.", "Jag återkommer i slutet av veckan.",
    "The price holds until the end of the month, transport included.", "We would start on the 14th if that suits you.",
    "Please find the signed pages attached.", "Nothing urgent, I just want to keep you informed.",
    "The permit office asks for form 12b in two copies.", "Grace has the final word on the contract.",
]


@dataclass
class Letter:
    """One message of the owner. `html_end` is put at the end of the new text, before anything quoted."""
    to: tuple
    subject: str
    when: float
    html_end: str = ""
    quoted: str = ""
    answers: str = ""
    cte: str = "quoted-printable"
    plain_only: bool = False
    attachment: int = 0
    seed: int = 0
    message_id: str = field(default="")

    def __post_init__(self):
        self.message_id = self.message_id or f"<{self.seed:08x}.{int(self.when)}@hansson.example>"

    def as_bytes(self):
        choose = random.Random(self.seed)
        first = self.to[0].split()[0]
        body = choose.sample(SENTENCES, choose.randint(2, 6))
        message = email.message.EmailMessage(policy=POLICY)
        message["From"] = OWNER
        message["To"] = email.utils.formataddr(self.to)
        message["Subject"] = self.subject
        message["Date"] = email.utils.formatdate(self.when, localtime=True)
        message["Message-ID"] = self.message_id
        if self.answers:
            message["In-Reply-To"] = message["References"] = self.answers
        text = "\n".join(body)
        message.set_content(f"Hello {first},\n\n{text}\n\nBest wishes\nAlice\n", cte="quoted-printable")
        if not self.plain_only:
            paragraphs = "".join(f"<p>{html.escape(sentence)}</p>\n" for sentence in body)
            quote = f'<blockquote type="cite">\n{self.quoted}\n</blockquote>\n' if self.quoted else ""
            message.add_alternative(
                f'<html><head><meta charset="utf-8"></head><body>\n<p>Hello {html.escape(first)},</p>\n{paragraphs}'
                f"<p>Best wishes<br>Alice</p>\n{self.html_end}\n{quote}</body></html>\n", subtype="html", cte=self.cte)
        if self.attachment:
            message.add_attachment(choose.randbytes(self.attachment), maintype="application", subtype="pdf",
                                   filename=f"drawing-{self.seed % 97}.pdf")
        return message.as_bytes()


def sent_folder(count, now, pixels, seed=7):
    """`count` letters of the last three weeks, oldest first, and the Message-IDs of those that carry one of `pixels`
    (HTML elements) themselves. Two more quote a pixel of ours, and some carry a stranger's."""
    choose = random.Random(seed)
    letters, tracked = [], set()
    places = sorted(choose.sample(range(count // 4, count - 5), len(pixels)))
    quoting = {place + 2: pixel for place, pixel in list(zip(places, pixels))[:2]}
    for n in range(count):
        when = now - 21 * DAY * (count - n) / count - 3600
        answers = letters[-choose.randint(1, min(12, n))] if n and choose.random() < 0.35 else None
        letter = Letter(
            to=answers.to if answers else choose.choice(PEOPLE),
            subject=_answer(answers.subject) if answers else choose.choice(TOPICS).format(n=100 + n), when=when,
            answers=answers.message_id if answers else "",
            cte=choose.choice(["quoted-printable", "quoted-printable", "base64", "8bit"]),
            plain_only=choose.random() < 0.2, attachment=choose.randint(2_000, 60_000) if choose.random() < 0.15 else 0,
            seed=seed * 100_000 + n)
        if n in places:
            letter.plain_only, letter.html_end = False, pixels[places.index(n)]
            tracked.add(letter.message_id)
        elif n in quoting:
            letter.plain_only, letter.quoted = False, f"<p>Alice wrote:</p>{quoting[n]}"
        elif choose.random() < 0.06:
            name = "".join(choose.choices("abcdefghijklmnopqrstuvwxyz234567", k=40))
            letter.html_end = f'<img src="https://stats.newsletter.example/o/{name}.gif" width="1" height="1" alt="">'
        letters.append(letter)
    return letters, tracked


def _answer(subject):
    return subject if subject.startswith("Re: ") else "Re: " + subject
