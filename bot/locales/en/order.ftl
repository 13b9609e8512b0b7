# An order: from the photo to its confirmation, once more, cancelled, and my videos.

photo-ask =
    📷 <b>Send a photo of your product</b>

    A bright, sharp picture that shows all of it works best. Send it as a photo, or as a file to keep its quality: JPEG, PNG or WebP, up to { $size_max } MB.
photo-first =
    📷 Let us begin with a photo: send a picture of your product.

    As a photo or as a file: JPEG, PNG or WebP, up to { $size_max } MB.
photo-another =
    📷 Send another photo. The texts and settings of the order stay.

    As a photo or as a file: JPEG, PNG or WebP, up to { $size_max } MB.
photo-gone =
    📷 <b>The photo of this order is gone:</b> photos are stored for a limited time. Send it again, or another one. The texts and settings are still here.

    As a photo or as a file: JPEG, PNG or WebP, up to { $size_max } MB.
photo-taken = 👍 Got the photo.
photo-album = That is an album: the first photo is taken, the others are left out.
photo-new-draft = This photo begins a new order, the draft before is forgotten.
photo-caption = Its caption is kept as the description of the product.
photo-caption-too-long = Its caption is longer than { $limit } characters and was not taken: we will ask about the product.

photo-empty = The file is empty, there is not one byte in it. Send the photo again.
photo-too-large = { $was ->
    [0] The file is too large.
   *[other] The file is too large: { $was } MB.
} Send a photo of up to { $limit } MB, for example as a photo instead of a file.
photo-not-an-image = That is not an image. Send a photo of your product: JPEG, PNG or WebP.
photo-unsupported-format = { $format ->
    [unknown] This image format does not work.
   *[other] { $format } does not work.
} Send a JPEG, PNG or WebP, for example as a photo instead of a file: Telegram makes a JPEG of it then.
photo-animated = This picture moves, and a still one is needed. Send an ordinary photo.
photo-broken = The file is damaged and cannot be read to its end. Save the photo anew and send it again.
photo-too-small = The photo is too small: its shorter side is { $was } px, at least { $limit } are needed. Send a larger one.
photo-too-many-pixels = The photo has too many pixels: { $was } million, up to { $limit } million are possible. Scale it down, or send it as a photo instead of a file.
photo-no-file = Telegram did not hand this file over. Send the photo again.
photo-trouble = The photo did not get through: the connection to Telegram broke. Send it again in a minute.
photo-not-this = No video can be made of that. Send a photo of your product: as a photo or as a file (JPEG, PNG, WebP).
text-wanted = A text is needed here: please write it in words. To begin anew with another product, send its photo.
text-cut = It seems the text did not fit into one message: Telegram parts long texts. Nothing of it was taken: shorten it to { $limit } characters and send it in one message.
text-rest = This seems to be the rest of the message before: Telegram parts long texts. The rest was not taken: an answer has to fit into one message. If this is a new answer, send it again.
words-too-long = The text is too long by { $over ->
    [one] { $over } character
   *[other] { $over } characters
} (the limit is { $limit }). Shorten it and send it again.

idea-ask =
    🎬 <b>What should the video be like?</b>

    Pick an idea, or just write your own.
idea-own-button = ✍️ My own idea
idea-back-button = ← Ideas
idea-picked =
    🎬 <b>{ $title }</b>
    { $outlook }
idea-own-ask =
    ✍️ <b>Describe your video</b>

    What happens, how the camera moves, what the mood is. For example: “A cup on the window sill, rain outside, the camera comes closer slowly”. Up to { $limit } characters.

product-ask =
    📦 <b>What product is it?</b>

    Its name and what matters about it, up to { $limit } characters. For example: “Coffee beans, dark roast, 1 kg”.
product-change =
    📦 <b>The product now:</b>
    { $text }

    Send a new text, up to { $limit } characters.
product-skipped = 📦 Product: no description
wishes-ask =
    ✨ <b>Any wishes for the video?</b>

    Background, light, pace, mood: up to { $limit } characters.
wishes-change =
    ✨ <b>Your wishes now:</b>
    { $text }

    Send a new text, up to { $limit } characters.
wishes-skipped = ✨ Wishes: none
skip-button = Skip
remove-button = Remove this text
keep-button = ← Leave it as it is

count-ask =
    🎞 <b>How many videos?</b>

    { $name }: { credits } a video.
    Your balance: { $available }.
count-button = { $count ->
    [one] { $count } video
   *[other] { $count } videos
} — { credits }
count-short-button = 🔒 { $count ->
    [one] { $count } video
   *[other] { $count } videos
} — { credits }, { $missing } short
count-press = You can order 1, 3 or 5 videos: tap a button or send the number.

card-title = 📝 <b>Check your order</b>
card-idea = 🎬 <b>Idea:</b> { $title }. { $outlook }
card-prompt = 🎬 <b>Your idea:</b> { $text }
card-no-idea = 🎬 <b>Idea:</b> left to us
card-product = 📦 <b>Product:</b> { $text }
card-no-product = 📦 <b>Product:</b> no description
card-wishes = ✨ <b>Wishes:</b> { $text }
card-no-wishes = ✨ <b>Wishes:</b> none
card-model = 🤖 <b>Model:</b> { $name }
card-model-off = ⏸ This model cannot be had now, choose another one.
card-ratio = 📐 <b>Format:</b> { $ratio }
card-ratio-of-photo = 📐 <b>Format:</b> that of the photo
card-length = ⏱ <b>Length:</b> { $seconds } s
card-price = 🎞 { $count ->
    [one] { $count } video
   *[other] { $count } videos
} × { $each } = <b>{ credits }</b>
card-left = 💳 Left on your balance: { $left }
card-short = 💳 Short of { credits }. Top up and come back: the order will wait.
card-debt = 💳 There is a debt of { credits }. It comes first, new videos after it.
card-money = <i>Credits are reserved when you confirm and spent only for a video you received. If it fails, they come back.</i>
card-replaced = 📝 The card of your order is further below now.
card-price-changed = ⚠️ <b>The price of a video has changed:</b> it was { $was }, now it is { credits }. Nothing is ordered yet: check the card and confirm once more.
card-offer-changed = ⚠️ <b>The offer has changed</b> while the card was waiting. Nothing is ordered yet: check price, format and length, and confirm once more.
card-changed-toast = The offer has changed. Nothing is ordered yet: check the card and confirm once more.
card-press = No text is needed here: confirm the order with the button on its card, or change something in it.

change-photo = 📷 Photo
change-idea = 🎬 Idea
change-product = 📦 Product
change-wishes = ✨ Wishes
change-model = 🤖 Model
change-ratio = 📐 Format
change-length = ⏱ Length
change-count = 🎞 How many
confirm-button = ✅ Order for { credits }
discard-button = ✖️ Discard

model-ask =
    🤖 <b>Which model should make it?</b>

    Prices are for one video. Format and length adapt to the model.
model-button = { $name } — { credits }
model-off-button = ⏸ { $name } — not now
model-gone =
    ⏸ <b>{ $name } cannot be had now</b>

    Choose another model: everything else in the order stays. No credits were touched.
model-gone-toast = { $name } cannot be had now. Choose another model.
model-prompt-too-long = { $name } takes up to { $limit } characters, your idea is longer by { $over }. Shorten it or choose another model.
ratio-ask = 📐 <b>Which format?</b> 9:16 is for stories and shorts, 16:9 for a screen.
length-ask = ⏱ <b>How long?</b>
length-button = { $seconds } s

order-accepted =
    ✅ <b>Order accepted: { $count ->
        [one] { $count } video
       *[other] { $count } videos
    }</b>

    Reserved: { credits }. Credits are spent only for a video you received, or else come back.
    You can follow it here.
order-accepted-toast = Order accepted!
order-already-accepted = This order was accepted already.
order-cancel-button = ✖️ Cancel
draft-forgotten = The draft is forgotten, no credits were touched. A new order begins with a photo.
draft-replaced = The earlier draft is forgotten, no credits were touched.
draft-none = There is nothing to cancel. A new order begins with a photo.

cancel-all = Videos cancelled: { $cancelled }. { $n ->
    [one] { $n } credit is coming back.
   *[other] { $n } credits are coming back.
}
cancel-some = Videos cancelled: { $cancelled }. { $n ->
    [one] { $n } credit is coming back.
   *[other] { $n } credits are coming back.
} The others ({ $left }) are being made or are finished.
cancel-too-late = Too late to cancel: it is being made or is finished. If a video fails, its credits come back by themselves.

again-same = 🔁 The same photo and texts. Everything can be changed on the card.
again-none = Nothing to repeat yet: you have not ordered anything. Let us begin with a photo of your product.

videos-list = 📼 <b>My videos</b>. Tap one, and it is sent to you again.
videos-none = 📼 Your videos will be here. There are none yet: let us begin with a photo of your product.
videos-newer-button = ← Newer
videos-older-button = Older →
video-button = { $day } { $about }
video-untitled-button = { $day } video
video-sending = Sending the video…
video-file-sending = Sending the file…
