# The menu and everything about credits: balance, buying, history, promo codes, invitations.

command-new = New video
command-again = Another video
command-cancel = Forget the order I began
command-videos = My videos
command-menu = Menu
command-balance = Balance
command-buy = Buy credits
command-history = History of operations
command-promo = Enter a promo code
command-invite = Invite a friend
command-language = Язык: русский
command-help = How it works
command-support = Support
command-paysupport = Questions about payments
command-terms = Terms

start =
    👋 Hello! I turn a photo of a product into a promo video.

    1. Send a photo of the product.
    2. Pick an idea, or describe your own.
    3. A few minutes later the video is here.
start-welcome = 🎁 Here { $n ->
    [one] is { $n } credit
   *[other] are { $n } credits
} to try it out, on us.
start-balance = 💳 Your balance: <b>{ credits }</b>.
menu = ☰ <b>Menu</b>. What shall we do? You can also just send a photo of a product.
language-is = 🇬🇧 Now in English.

help =
    ❓ <b>How it works</b>

    Send a photo of the product: sharp, bright, one item. Pick an idea or write your own, add wishes, and check the order card. We do the rest and send the video here.

    💳 A video costs credits; you see the price before you order. If a video cannot be made, the credits come back by themselves, exactly once.
    🔁 Any video can be repeated from the same photo with one tap.
    🛟 If anything goes wrong: /support.
terms =
    📄 <b>Terms</b>

    • Credits are spent on finished videos only. No video, and the credits come back.
    • You pay with Telegram Stars. Credits you bought never expire; gifts may, and then we say when we give them.
    • Send only photos and texts that you have the rights to. We do not make what the law or Telegram's rules forbid.
    • A neural network makes the video: details may differ from the photo. Check it before you publish it.
    • Photos and videos are stored for a limited time. Download what you need.
    • Payments and refunds: /paysupport.
support = 💬 <b>Support</b>. Tell us what happened, with the order's number from /history if there is one.
paysupport =
    ⭐ <b>Questions about payments</b>

    • Stars are gone and no credits came? They usually arrive within seconds, and a notice that was lost is found and credited by us.
    • A video could not be made? The credits come back by themselves, see /history.
    • You want your payment back? Write to us. In a refund all Stars go back, and the credits that were bought are taken back. Telegram's own support cannot help with this.
contact = Write to: { $contact }
no-contact = No contact is named yet: look here again later.

balance-available = 💳 Available: <b>{ credits }</b>
balance-reserved = ⏳ Set aside for videos being made: { credits }
balance-debt = ❗ Owed for a returned payment: { credits }. New credits settle it first.

packages =
    ⭐ <b>Credits for Telegram Stars</b>
    The larger the package, the cheaper the video.
packages-line = • <b>{ credits }</b> — { $stars } ⭐ ({ $each } each)
packages-button = { credits } · { $stars } ⭐
package-gone = This package is no longer sold. See what there is now: /buy
invoice-about = { $n ->
    [one] { $n } credit
   *[other] { $n } credits
} for videos from photos of your products. Yours right after payment; they never expire.
invoice-below = The invoice is already below. If you cannot see it, open /buy.
invoice-fault-no-such = We have no such invoice. Open a new one: /buy
invoice-fault-somebody-elses = This invoice is somebody else's. Open your own: /buy
invoice-fault-paid-already = This invoice is paid already. To buy more, open a new one: /buy
invoice-fault-stale = This invoice is too old. Open a new one: /buy

paid = ✅ Thank you! Your payment has arrived: <b>+{ credits }</b>.
paid-draft = 🎬 Your order is waiting: carry on with it, nothing has to be typed twice.
paid-and-refunded = This payment was returned already, so no credits came with it.
refunded = ↩️ Payment returned: { $stars } ⭐.
refunded-credits = Taken back: <b>{ credits }</b>.
refunded-first = No credits will come with it.

history = 🧾 <b>History</b>
history-none = Nothing has happened yet.
history-older = Older →
history-newest = ⏮ To the newest
history-after = After it: { credits }
history-debt = , owed: { credits }
history-welcome = a gift for joining
history-promo = promo code { $code }
history-referral = a friend you invited bought credits
history-gift = a gift from us
history-purchased = purchase
history-reserved = order No. { $order }, video { $video }: ordered
history-captured = order No. { $order }, video { $video }: delivered
history-cancelled = order No. { $order }, video { $video }: cancelled by you, credits are back
history-refunded-rules = order No. { $order }, video { $video }: photo or text did not suit, credits are back
history-refunded = order No. { $order }, video { $video }: could not be made, credits are back
history-payment-refunded = payment returned
history-referral-undone = a friend returned the payment, the gift is undone
history-revoked = taken back by support
history-expired = gift credits expired: their time was over

promo-ask = 🎟 Send the promo code in one message.
promo-no-code = This does not look like a promo code: it has 4 to 32 Latin letters, digits and dashes. Send it again.
promo-claimed = 🎟 Promo code <b>{ $code }</b> accepted: <b>+{ credits }</b>. They will be on your balance in a few seconds.
promo-until = Use them until { $date }.
promo-go-on = 🎬 Your order is waiting where you left it.
refusal-unknown-code = There is no such promo code. Check it for typing mistakes and send it again.
refusal-code-expired = This promo code's time is over.
refusal-code-used-up = This promo code is used up.
refusal-code-claimed-already = You have used this promo code before: each works once.

invite-bonus = 🤝 Invite friends: when somebody you invited first buys credits, you get <b>{ credits }</b>.
invite =
    Your link:
    { $link }
invite-copy = 📋 Copy the link
invite-share = 📨 Send to a friend
invite-words = A bot that turns a photo of a product into a promo video. Try it!
