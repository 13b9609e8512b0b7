"""What services say when they themselves, or our way of asking, are the reason. Word families, never sentences.

The notation is explained in `domain.failure_rules`. Asked for after policy and money.
"""

from __future__ import annotations

from typing import Final

from domain.failure_rules import any_of, near, rule

# Switched off: the service does not offer it now, to anybody

OFFERED: Final = any_of(
    "models? | interface | channel | endpoint | api | features? | functions? | service | version | capability | product"
)
ABOUT_A_FIELD: Final = any_of("parameter | field | duration | resolution | value | aspect | context | input")
OFF: Final = (
    rule(
        near(
            OFFERED,
            """
                paused | suspended | discontinued | deprecated | retired | disabled | (turned|switched) off
                | shut ?down | sunset | removed | no longer (available|supported|offered|exists?) | decommissioned
                | not (open|enabled|activated|opened) | closed | delisted | end of life | offline""",
        ),
        "temporarily paused",
    ),
    rule(
        "models?( name)? … (not (supported|valid|exist~|found|available)|unsupported|invalid|unknown)",
        "(unsupported|unknown|invalid|no such|non ?existent) models?",
        unless=f"{ABOUT_A_FIELD} | temporar~ | currently",
    ),
)

# A file of ours that the service could not fetch: uploaded again, it can

OUR_FILE: Final = any_of("images? | photos? | pictures? | files? | urls? | links? | media | frames? | http | content")
FAILING: Final = any_of("""
    (can|could|did|does)? ?not | unable | fail(s|ed|ing|ure)? | errors? | problems? | time ?out | timed out | when
    | while""")
TO_FETCH: Final = any_of("fetch~ | download~ | retriev~ | load | read | reading | access | reach | get | obtain | pull")
FETCH: Final = (
    rule(
        near(
            f"{FAILING} .. {TO_FETCH}",
            OUR_FILE,
        ),
        near(
            OUR_FILE,
            """not (be )?(reachable|accessible|downloaded|fetched|retrieved|loaded|accessed|available) | unreachable
            | inaccessible | unavailable | (download|fetch~|retriev~) (fail~|error|timed out|timeout)""",
        ),
        "wrong (file id~|type of the web page content|remote file)",
        unless="not (allowed|permitted)",
    ),
)

# Too many requests: another key, later

REQUESTS: Final = any_of("""
    (request|call|task|job|video|generation|attempt|connection|submission|message|session|operation|prediction)s?
    | traffic""")
LIMITS: Final = any_of("(request|api|call|generation|submission|hourly|daily|throughput) (\\w+ )?limit")
RATE_LIMIT: Final = (
    rule(
        "rate ?limit~ | throttl~ | slow down | back off | flood ?(control|wait) | too (fast|frequent~|often)",
        f"too (many|much) (\\w+ ){{0,2}}{REQUESTS} | {REQUESTS} .. too (fast|quick~|frequent~|often|high)",
        near("too (many|much) | reduce | lower | excessive | frequency of", "requests? | calls | traffic", ".."),
        "reduce (the |your )?frequency | exceeded your (current )?requests",
        "(rate|frequency) (of \\w+ )?(is )?(too|over|exceed~|limit~) | exceeded? (the )?rate | cool ?down",
        near(LIMITS, "exceed~ | reach~ | hit | over"),
        near(
            "concurren~ | parallel | simultaneous~ | in progress | pending | running | in flight",
            "limit~ | exceed~ | max~ | above | over | too many | reached | please wait",
        ),
        f"""
            (another|previous) {REQUESTS} .. (running|in progress) | slots? .. (taken|full|busy)
            | wait .. between {REQUESTS}""",
        f"only … {REQUESTS} .. at (once|a time|the same time)",
        near("queue", "full | limit | capacity | exceed~ | overflow~"),
        near(
            """
                [rtq]pm | [rq]ps | (per|each|every|this) (minute|second|min|sec|hour|day)
                | (number|amount) of (calls|requests)""",
            "limit~ | exceed~ | hit | reach~ | quota | cap",
        ),
        near("maximum | max | exceed~", f"number of (\\w+ )?{REQUESTS}"),
        f"max(imum)? {REQUESTS} | resource (has been )?exhausted | wait before (send|mak|submit)~",
        unless="out of memory",
    ),
)

# Asked wrongly, or not allowed to ask: nothing that later or another photo would cure

FIELD: Final = any_of("""
    param~ | fields? | value~ | arguments? | requests? | json | body | input | url | type | format | id | duration
    | number | option~ | propert~ | key""")
CONFIG: Final = (
    rule(
        "un ?authori[sz]ed | authenticat~ | authori[sz]ation | credentials? | whitelist | permissions? | forbidden",
        near(
            "(api|access|secret) keys?",
            "invalid | incorrect | wrong | missing | no | not | provided | revoked | expired | disabled",
        ),
        """
            access (is )?denied | not (be )?(allowed|permitted|authori[sz]ed) | not enough rights
            | your request was blocked""",
        "(country|region|territory|location) … not (supported|available) | signature … not",
        "token .. (invalid|expired|revoked)",
        unless="rate ?limit~ | too many requests",
    ),
    rule(
        "(is|are|be) (a )?(required|mandatory) | required (field|param~|propert~|argument|value|input)",
        "missing | can not be (empty|blank|null|parsed) | must (not )?(be|have|contain|match|not) | malformed",
        f"(invalid|illegal|wrong|incorrect|unexpected|unsupported|unknown|bad|extra) (\\w+ ){{0,2}}?{FIELD}",
        "invalid | not (an? )?valid | illegal | not (be )?supported | not (be )?parsed",
        "not (with)?in (the )?range | out of range | allowed (options|values) | one of | between .. and",
        "param~ error | expected \\w+ .. got | decod~ failed | context length | length (can not )?exceed",
        """
            (?<!took )too (long|big) | (text|prompt|caption) .. exceed~ | (entity|payload|body) too large
            | method not allowed""",
        unless="""
            invalid (response|answer|gateway) | response .. not valid | connect~ .. (error|refused|reset) | wait of""",
    ),
    rule(
        "(not|never) (found|exist~) | no such | record~ (info )?(is null|result) | supports records | task has expired",
        unless="(host|dns|server|name|address|domain) .. not (found|exist) | ^enot ?found$",
    ),
    rule(
        "bot was (blocked|kicked) | user is deactivated | initiate conversation | not a member | already refunded",
        """
            message (is not modified|to \\w+|can not be) | query (is too old|id) | parse entities
            | upgraded to a supergroup""",
        "terminated by other | webhook is active | wrong (type of chat|number)",
    ),
)

# The service stumbled: the same again, later

FAULTS: Final = any_of("errors? | exceptions? | faults? | failures? | issues? | problems? | outages? | glitch~")
TEMPORARY: Final = (
    rule(
        """
            overload~ | (heavy|high|excessive|peak) (\\w+ )?(load|demand|traffic|usage|volume) | unavailab~
            | too much load""",
        near(
            "(server|system|service|engine|model|cluster|platform|backend|provider)s? | we",
            "busy | congested | load | down | degraded",
            "..",
        ),
        """
            (no|at|over|insufficient|out of|lack of|limited) capacity | gpus? | out of memory | cold start~
            | loading error""",
        "time ?out | timed ?out | timeouts | deadline | took too long | (maximum|allowed) time | time limit | in time",
        f"(internal|server|service|system|backend|upstream|provider|infrastructure|platform) .. ({FAULTS}|failed)",
        f"(internal|transient|temporary|intermittent) (\\w+ )?({FAULTS}|fail~) | unexpected {FAULTS}",
        """
            had an error | having (problems|issues|trouble) | something went wrong | unexpectedly
            | on our (end|side) | outage""",
        "maintenance | restart~ | crash~ | died | aborted | preempted | interrupt~ | was lost | is down | bad output",
        "(process|worker|task|job) (was )?killed | (currently|temporarily) not available | not currently available",
    ),
    rule(
        """
            gateway | upstream | network | sockets? | dns | name (resolution|or service) | getaddrinfo | handshake
            | unreachable""",
        near(
            "connect~ | peer | stream | server | transport",
            """
                errors? | refused | reset | abort~ | closed | lost | failed | disconnect~ | drop~ | can not
                | attempts | unexpectedly""",
        ),
        "disconnect~ | broken pipe | eof | unexpected end | fetch failed | errno | os ?error | protocol error",
        "e(conn~|timedout|ai ?again|not ?found|pipe|hostunreach|netunreach)",
        """
            (no|empty|not) (respon~|answer~) | no (result|output) … return~ | returned no | invalid response
            | proxy error""",
        "response (was|is) not valid",
    ),
    rule(
        "(try|retry|retrying|resubmit|come back)( \\w+){0,3}? ?(again|later|shortly|soon|once more|after)",
        "please (try|retry|resubmit) | (re)?try your request | retry in | , (retry|resubmit)",
    ),
)
