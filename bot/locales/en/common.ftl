# Words that all screens share: buttons of the menu, refusals, trouble.

credits = { $n ->
    [one] { $n } credit
   *[other] { $n } credits
}

go-menu = ☰ Menu
go-new = 🎬 New video
go-order = 🎬 Back to my order
go-again = 🔁 Another one
go-videos = 📼 My videos
go-balance = 💳 Balance
go-packages = ⭐ Buy credits
go-history = 🧾 History
go-promo = 🎟 Promo code
go-invite = 🤝 Invite a friend
go-language = 🌐 Язык: русский
go-support = 💬 Support
go-terms = 📄 Terms
go-help = ❓ How it works

not-understood = I did not get that. Send a photo of a product or open the /menu.
out-of-date = This button does nothing any more.
trouble = Something went wrong on our side. We know about it and will look into it. Your credits are safe. Please try again a little later.

refusal-account-not-open = Press /start first, and off we go.
refusal-insufficient-credits = Not enough credits: { $asked } needed, { $available } available. Top up and order again: nothing has to be typed twice.
refusal-account-in-debt = A returned payment left a debt of { $debt ->
    [one] { $debt } credit
   *[other] { $debt } credits
}. New videos can be ordered once it is settled: credits you buy go there first.
refusal-no-open-reservation = The credits of this video are settled already.
refusal-reservation-open = The credits of this video are set aside already.
refusal-same-id-other-content = This order was accepted with different content. To order something else, begin a new one: /new.
refusal-out-of-turn = This does not fit any more: things changed while you were tapping.
refusal-self-referral = You cannot invite yourself.
refusal-unknown-model = This model is not offered at the moment. Choose another one.

video-not-sent = This video could not be sent: its time in storage seems to be over. For help: /support.
video-not-now = This video could not be sent just now. Try again in a minute. If that does not help: /support.

bot-description =
    I turn a photo of your product into a promo video.

    Send a photo, pick an idea or describe your own, and in a few minutes the video is here. The first one is a gift.

    Credits are spent only for a video that you received, and come back by themselves otherwise.
bot-short-description = A photo of your product → a promo video. The first one is a gift.
