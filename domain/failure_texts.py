"""What services say when the person's photo or words, or our money, is the reason. Word families, never sentences.

The notation is explained in `domain.failure_rules`. Digits mean nothing here: texts are full of sizes, times and ids.
"""

from __future__ import annotations

from typing import Final

from domain.failure_rules import any_of, near, rule, words

# Words that several rules are made of

NOT_ABLE: Final = any_of(
    "(can|could|did|does|do|was|were|is|are|has|have|will) not( be)? | unable | fail(s|ed|ing|ure)?"
)
STOPPED: Final = any_of("""
    block(s|ed|ing)? | reject(s|ed|ion)? | refus(ed|es|al|e) | declined? | denied | filtered( out)? | flag(s|ged)?
    | caught | trigger(s|ed|ing)? | intercepted | censored | withheld | moderated""")
FORBIDDEN: Final = any_of("""
    not (be )?(allow~|permi~|accept~|support~|tolerated|eligible) | prohibit~ | forbidden | disallow~ | banned
    | restrict~ | unsupported | without consent | unacceptable | off limits""")
SUBMITTED: Final = any_of("(prompt|content|image|photo|picture|video|output|frame|input)s? | media")
PLACES: Final = any_of("""
    (content|prompt|text|description|word|language|input|output|image|photo|picture|frame|video|material|topic)s?
    | (theme|upload)s? | media | information | activit(y|ies) | imagery""")
CONTENT: Final = any_of(f"{PLACES} | requests? | generations?")
PICTURE: Final = any_of("""
    (images?|photos?|pictures?|photographs?|jpe?g|png|webp)(?! ?(urls?|links?|inputs?|generat~|models?|to video|count
    |edit~|fields?|list|parameters?|upload path)(?!\\w))""")
"""Not where it is a part of another word: an image url, an image model."""
SERVICE_TROUBLE: Final = any_of(
    "unavailable | time ?d? ?out | crash~ | unreachable | overloaded | internal | not respond~"
)
ACCOUNT_STOPPED: Final = any_of("""
    (account|organi[sz]ation|workspace|project|api key|key|user|ip) ..
    (suspended|deactivated|disabled|terminated|closed|banned|flagged|blocked)""")

# Policy: the photo or the words break somebody's rules

RULEBOOK: Final = any_of("""
    polic(y|ies) | guidelines? | guardrails? | standards | rules | terms( of (service|use))? | practices | regulations?
    | laws? | code of conduct""")
BREAKS: Final = any_of("""
    violat~ | breach~ | against | contraven~ | infring~ | conflicts? | break(s|ing)?
    | not (comply|compliant|follow|meet) | non ?compl~ | disallow~ | prohibit~ | forbid~ | not (allow|permit)~
    | blocked | flagged | rejected | triggering | outside""")
OTHER_RULES: Final = any_of("""
    (rate( limit)?|cors|iam|bucket|network|retry|access|security|firewall|ip|organi[sz]ation('s)?|tenant|validation)
    (policy|policies|rules?) | firewall | waf""")
GUARDS: Final = any_of("""
    moderat~ | safety (system|filter|check|checker|review|classifier|setting|policy|guard)~
    | content (filter|check|review|audit|safety|inspection|security|management|moderation|guard)~ | sentinel | audit
    | data inspection | risk (control|management|detection)
    | (image|video|prompt|text|platform) (audit|review|screening|filter|detection)~ | guardrails? | responsible ai""")
TOPICS: Final = any_of(f"""
    sexual~ | nud(e|es|ity) | porn~ | erotic~ | racy | suggestive | explicit | violence | violent | gore | gory
    | hat(e|eful) | harass~ | bully~ | self harm~ | suicid~ | terroris~ | extremis~ | a minor | minors
    | minor (upload|detected|safety) | underage | celebrit~ | public figures? | prominent | copyright~ | trademark~
    | intellectual property | third party (content|likeness) | deepfakes? | discriminat~ | fraud~ | scams? | illegal
    | illicit | unlawful | inappropriate | offensive | obscene | profan~ | vulgar | unsafe | harmful | dangerous
    | (sensitive|political|politically sensitive|drug related) {PLACES} | gambling
    | adult (contents?|materials?|themes?)
    | nazi | racis~ | abus(e|ive) | personal (information|data) | privacy
    | (licensed|protected|copyrighted) (characters?|ip|works?) | indecent | disturbing""")
DELICATE: Final = any_of("""
    (?<!case )sensitive | child(ren)? | adults? | famous | well known | likeness | blood~ | weapons? | explosives?
    | drugs? | politic~ | graphic""")
"""Topics only where something is said against them."""
NO_TOPIC: Final = any_of("""
    parameters? | arguments? | fields? | (illegal|unsafe|special) characters? | values? | api keys? | endpoints?
    | headers? | protected ip address""")
PEOPLE: Final = any_of("""
    (real|actual|living|human|photo ?realistic|realistic|identifiable|recogni[sz]able|known|prominent|famous)
    (people|persons?|humans?|individuals?|faces?|beings?|figures?)
    | (human )?faces? | a human | celebrit~ | public figures? | politicians? | well known (people|persons?|individuals?)
    | persons? | people | individuals | child(ren)? | minors?""")
SHOWN: Final = any_of(
    "contain~ | includ~ | shows? | depict~ | detect~ | found | resembl~ | remove | appears? | featur(es|ing)"
)
AGAINST: Final = any_of(f"""
    {SHOWN} | {FORBIDDEN} | {STOPPED} | public error | mentions? | considered | deemed | reproduce | create | uses | may
    | could | not""")
MEASURES: Final = any_of(
    "format | type | extension | mime | resolution | dimensions? | width | height | pixels? | ratio | size | quality"
)
SPOILT: Final = any_of("""
    corrupt~ | damaged | unreadable | truncated | blurry | too (small|large|big|dark|wide|tall|low) | exceed~
    | not valid | invalid | incorrect | unsupported | over the limit""")
OFF_MEASURE: Final = any_of("""
    incorrect | wrong | invalid | not | unsupported | low | small | large | big | less | more | below | above | over
    | exceed~ | must | at least""")

PHOTO_OF_PEOPLE: Final = (
    rule(
        near(PEOPLE, f"{SHOWN} | {FORBIDDEN}"),
        f"{PICTURE} .. (of|with|without|has|have) .. {PEOPLE} | {PEOPLE} .. (in|on|from|as) .. {PICTURE}",
        "(real|photo ?realistic) (people|persons?|humans?)",
        unless="too many people | people are | contact person | other people | another person",
    ),
)
BAD_PHOTO: Final = (
    rule(
        f"(invalid|not (a )?valid) (input |reference |source )?{PICTURE}",
        f"(unsupported|corrupt~|damaged|broken|unreadable|bad|malformed|unrecogni[sz]ed) (\\w+ )?{PICTURE}",
        f"{PICTURE} … {SPOILT}",
        f"{PICTURE} … {MEASURES} … {OFF_MEASURE}",
        f"{PICTURE} … (must be|needs?|should be|at least) … (pixels?|px|wide|tall|mb|megabytes)",
        f"(unsupported|invalid|incorrect|wrong) {MEASURES} … {PICTURE}",
        f"unsupported (file )?(format|type)[^.]*[.]? (only|use|please) … {PICTURE}",
        f"({NOT_ABLE}|error) … (decod~|read|open|parse|identify|recogni[sz]e) … {PICTURE}",
        f"{PICTURE} … (not|fail~|error) … (decod~|supported format|recogni[sz]ed)",
        f"(not an?|represent a valid) {PICTURE}",
        unless="""one of (?!.*formats?) | (number|count|amount) of | too many | urls? | links? | required | upload path
            | (download|fetch)~""",
    ),
)
POLICY: Final = (
    rule(near(RULEBOOK, BREAKS), unless=f"{ACCOUNT_STOPPED} | {OTHER_RULES}"),
    rule(
        near(
            "violat~ | infring~ | non ?compliant | not compliant",
            f"{CONTENT} | copyright | safety | rights | someone~ | polic(y|ies)",
        ),
        unless=f"{ACCOUNT_STOPPED} | rate limit~ | constraint | protocol",
    ),
    rule(
        near(GUARDS, f"{STOPPED} | {NOT_ABLE} | not pass~ | violat~ | detected | found"),
        "^(content|safety) filter(ed|s)?$",
        "^(content|usage|safety) policy$ | content policy (error|restrict~|block~)",
        unless=f"{SERVICE_TROUBLE} | moderation (service|api|endpoint)",
    ),
    rule("moderated | not respect moderation | rejected by flow", unless="time ?d? ?out | unavailable"),
    rule(f"nsfw | risk control | prohibited content | {PLACES} (is )?sensitive$", unless="nsfw checker"),
    rule(
        near("flagged | censored | filtered out", f"{CONTENT} | moderation"),
        f"""
            (disallowed|prohibited|forbidden|banned|restricted) {PLACES}
            | {PLACES} (is |are )?(disallowed|prohibited|banned)""",
        f"(contents?|materials?|topics?|depictions?|words) ((is|are|that|you|was|which) )*{FORBIDDEN}",
        f"{SUBMITTED}( \\w+){{0,3}}? {STOPPED} | {STOPPED} (the |your |this |of )*{SUBMITTED}",
        unless=f"""
            {ACCOUNT_STOPPED} | {SERVICE_TROUBLE} | queue | capacity | load | traffic | concurren~ | rate | required
            | must | missing | access | connection | network | firewall | permission | api key | storage | url
            | link""",
    ),
    rule(
        near(TOPICS, f"{PLACES} | {AGAINST}"),
        near(DELICATE, AGAINST),
        unless=NO_TOPIC,
    ),
    rule(
        near("may | might | could", f"(contents?|materials?|words?) (that|which) .. {FORBIDDEN}"),
        near("too (similar|close|much like)", "copyright~ | someone else~ | third party | another | existing"),
        "(contents?|prompt|input|image|photo|picture) (can|could) not be (processed|generated|shown|displayed)",
        "i(( am|'m)( sorry)?| sorry)? .. (can not|unable to|will not) (help|assist|comply|fulfil|create|generate|do)",
        "i (can not|am unable to|will not) (help|assist|comply|fulfil|create|generate|do)",
    ),
    rule("^((image|video|text|prompt|content) )?safety$ | safety[.](input|output|image|text)"),
    rule("public error .*(unsafe|minor|child|people|sexual|danger~|violen~|upload|filter~)"),
    rule("invalid prompt", unless="length | type | required | string"),
)
ABOUT_PHOTO: Final = (
    rule(f"{PICTURE} | imagery | uploads? | first frame"),
    rule(
        f"{PEOPLE} | likeness",
        unless="prompts? | texts? | words? | descriptions? | hate | danger~ | output | public error(?!.*upload)",
    ),
)
"""What is said of a photo rather than of words."""
MADE_BY_THEM: Final = words(
    "(images?|videos?) (we |that )?(was |were )?(created|generated)",
    "(generated|output|created|resulting) (images?|videos?)",
)

# Billing: our account with the service is empty or closed

MONEY: Final = any_of(
    "credits? | balances? | funds? | points | wallet | money | prepaid | budget | allowance | resource pack(age)?s?"
)
LACKING: Final = any_of("""
    insufficien~ | not (\\w+ ){0,2}(enough|sufficient) | lack~ | inadequate | no | zero | out of | run out | ran out
    | low | negative | deplet~ | exhausted | used (up|all|every) | consumed | empty | not cover | overdue | expired
    | exceeded | reached | spent | gone | is 0""")
BY_RATE: Final = any_of("""
    per (minute|second|min|sec|hour) | [rtq]pm | [rq]ps | rate | throttl~ | concurren~ | parallel | simultaneous
    | resource (has been )?exhausted""")
BILLING: Final = (
    rule(near(MONEY, LACKING), unless="credit cards? (?!.*funds) | load balanc~"),
    rule(
        "(credits?|points|balance|funds).*insufficient[.]?$",
        near("credits? | points", "only .. (remain~|left|available|have)"),
    ),
    rule(
        """
            out of (free )?(tokens|generations|videos) | payment (is )?required | unpaid | arrears? | overdue
            | top(ping)? up | recharg~ | billing"""
    ),
    rule(
        """
            (need|add|purchase|buy) (more |some |a )*(credits?|funds|tokens|payment) | purchase more
            | paid (plan|tier|account)"""
    ),
    rule("payment (method|overdue|failed|is made) | card .. declined | (outstanding|open|pending) invoices?"),
    rule(near("quotas?", f"{LACKING} | limit | check | over | upgrade | increase"), unless=BY_RATE),
    rule("spend(ing)? (limit|cap) | usage (limit|cap)", "upgrade .. (plan|tier|account|subscription)", unless=BY_RATE),
    rule(near("(sub |api )?key('s)?", "usage | spend~ | (hourly|daily|total|monthly) (cap|limit)"), unless="rate"),
    rule(
        near(
            """
                account | subscription | plan | package | (free )?trial | free (tier|allocation) | plan limit
                | membership | license""",
            """
                not active | inactive | cancell?ed | expired | ended | suspended | closed | frozen | deactivated
                | used up | consumed | exhausted | depleted | unpaid | reached""",
        ),
        "renew .. (subscription|plan|licen[cs]e) | no active (subscription|plan)",
        unless=BY_RATE,
    ),
)
