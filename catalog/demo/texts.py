"""What the demo shops say of themselves: their home page and their pages of text.

Their words on delivery say what the shipping methods of every new shop say.
"""

_DELIVERY = """
<p>We pack orders on the day they are paid, from Monday to Friday until 14:00.</p>
<ul>
<li><strong>Standard</strong> takes 3–5 days.</li>
<li><strong>Express</strong> arrives the next day.</li>
</ul>
<p>What each way costs stands beside the goods and again at the checkout, before you pay. As soon
as a parcel leaves us you get an e-mail with its tracking number.</p>
<h2>Where we send to</h2>
<p>Everywhere that the checkout offers. Duties of another country are paid by whoever receives the
parcel.</p>
"""

_PRIVACY = """
<p>This shop keeps what it needs to send you what you ordered, and nothing else.</p>
<h2>What we keep</h2>
<ul>
<li>Your name, e-mail address, telephone number and address, with your order.</li>
<li>What you bought and what you paid. Your card is seen by the payment provider alone.</li>
</ul>
<h2>Cookies</h2>
<p>A cookie remembers your cart, and one that you are signed in. There are none of other
companies, and nothing counts what you look at: the things that you looked at last are kept by
your own browser, and we never see them.</p>
<h2>Your rights</h2>
<p>Ask us what we keep about you, and we tell you; ask us to delete it, and we do, save what the law
on accounts makes us keep.</p>
"""

_TERMS = """
<ol>
<li>An order is agreed when we confirm it by e-mail.</li>
<li>Prices are those of the moment of the order and stand on its page.</li>
<li>Goods remain ours until they are paid.</li>
<li>Whatever the law grants consumers is not touched by these terms.</li>
</ol>
<p>This is a demonstration: nothing here is really sold, and no money moves.</p>
"""

# Heading, text, words on the button, and the category it leads to.
HEROES = {
    "tech": (
        "Electronics that earn their place",
        "Tried for a month before we sell them: on trains, in the rain, with children in the room.",
        "Hear the difference",
        "Audio",
    ),
    "outdoor": (
        "Further out, and back in one piece",
        "Tents, packs and stoves that were carried up a mountain before they came into the shop.",
        "Find a tent",
        "Tents",
    ),
}

# Title, address, text.
PAGES = {
    "tech": (
        (
            "About us",
            "about",
            """
<p>Tech Gadgets began with a drawer full of chargers that fitted nothing. Since then we try
everything for a month before we sell it: on trains, in the rain, with children in the room.</p>
<h2>How we choose</h2>
<ul>
<li>It does what it says without an account.</li>
<li>It can be opened, and its battery changed.</li>
<li>We would give it to a friend.</li>
</ul>
""",
        ),
        ("Delivery", "delivery", _DELIVERY),
        (
            "Returns",
            "returns",
            """
<p>Send anything back within 30 days, opened or not, as long as it is whole. We pay the way
back.</p>
<ol>
<li>Answer the e-mail that confirmed your order, and say what comes back.</li>
<li>Print the label that we send you, and take the parcel to any post office.</li>
<li>Your money goes back the way it came, within five days of the parcel's arrival.</li>
</ol>
<p>Earbuds that were worn we can only take back when they are faulty.</p>
""",
        ),
        ("Privacy", "privacy", _PRIVACY),
        ("Terms", "terms", _TERMS),
    ),
    "outdoor": (
        (
            "About us",
            "about",
            """
<p>Outdoor Adventures is run by four people who would rather be out there. What we sell has been
carried up a mountain and slept under at least once, usually in bad weather.</p>
<h2>Made to be mended</h2>
<p>Every tent, pack and stove we sell has spare parts, and we keep them for ten years. Send us what
broke: most repairs cost less than a new zip.</p>
""",
        ),
        ("Delivery", "delivery", _DELIVERY),
        (
            "Returns",
            "returns",
            """
<p>Try it at home, or for a night in the garden: what is clean and dry comes back within
60 days.</p>
<ol>
<li>Answer the e-mail that confirmed your order, and say what comes back.</li>
<li>Print the label that we send you, and take the parcel to any post office.</li>
<li>Your money goes back the way it came, within five days of the parcel's arrival.</li>
</ol>
<p>Gas and food cannot be sent back by post. Call us, and we find a way.</p>
""",
        ),
        ("Privacy", "privacy", _PRIVACY),
        ("Terms", "terms", _TERMS),
    ),
}
