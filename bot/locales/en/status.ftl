# The card of an order while it is made, the messages on how it ended, and what stands under a video.

status-title = { $count ->
    [1] 🎬 <b>Order accepted</b>
   *[other] 🎬 <b>Order accepted: { $count } videos</b>
}
status-title-ended = { $count ->
    [1] 🎬 <b>Order finished</b>
   *[other] 🎬 <b>Order finished: { $count } videos</b>
}
status-about = 📦 { $about }

# What the only video has behind it.
status-step-accepted = ✅ accepted
status-step-script = ✅ script
status-step-photo = ✅ photo passed
status-step-video = ✅ made

# Where a video is now.
status-stage-unknown = ⏳ taking the order
status-stage-accepted = ⏳ in line
status-stage-written = ⏳ in line
status-stage-generating = 🎨 being made
status-stage-generating-again = 🎨 being made, attempt { $attempt } of { $max }
status-stage-resting = 💤 the service stumbled, attempt { $attempt } of { $max } soon
status-stage-sending = 📤 being sent
status-stage-sending-again = 📤 being sent, attempt { $attempt } of { $max }
status-stage-ready = ✅ delivered
status-stage-maybe-sent = ❔ sent, but not confirmed
status-stage-failed = ❌ failed: { $reason }
status-stage-failed-fully = ❌ failed
status-stage-cancelled = 🚫 cancelled
status-stage-late = 🎁 came later, free

status-place-known = ⏳ in line, no. { $place }, { $time } to the video
status-place-unknown = ⏳ in line, no. { $place }, how long it takes is not known yet
status-usually = ⏱ From order to video it usually takes { $time }
status-time-moment = less than a minute
status-time-minutes = about { $n } { $n ->
    [one] minute
   *[other] minutes
}
status-time-hours = about { $n } { $n ->
    [one] hour
   *[other] hours
}

status-money = 💳 Credits: { $parts }
status-money-reserved = { $n } reserved
status-money-spent = { $n } spent
status-money-returning = { $n } on the way back
status-money-back = { $n } back

# Why it failed: short in a line, and in full.
status-short-photo = the photo was refused
status-short-text = the text was refused
status-short-model-off = the model is not offered
status-short-busy = the service is busy
status-short-service = the service stumbled
status-short-queue = its turn never came
status-short-time = it took too long
status-short-unanswered = the service did not answer
status-short-delivery = it could not be sent
status-short-ours = our fault

status-reason-photo = The photo did not pass the model's checks. A good photo is sharp and bright and shows one product: no people, no faces, nobody else's logos.
status-reason-text = The model does not take this text. Describe the product and your wishes in other words.
status-reason-model-off = This model is not offered at the moment. Choose another one: the photo and the texts are kept.
status-reason-busy = The service that makes the videos has too much to do. Try again a little later.
status-reason-service = The service that makes the videos stumbled, and trying again did not help. Try again a little later.
status-reason-queue = The line was too long, and we did not want to keep you waiting any longer. Try again later.
status-reason-time = Making the video took longer than anybody should wait. Try again.
status-reason-unanswered = The service that makes the videos never said whether it took this one. Try again a little later.
status-reason-delivery = The video is ready, but it could not be sent to this chat.
status-reason-ours = This is our fault, and we are looking into it. If you need the video soon, write to support.

# How it ended: new messages.
status-end-failed = ❌ <b>The video failed</b>
status-end-failed-some = ❌ <b>{ $failed ->
    [1] Video
   *[other] Videos
} { $numbers } of { $count } failed</b>
status-end-back = 💳 { $n ->
    [one] { $n } credit is back.
   *[other] { $n } credits are back.
}
status-end-unsure = ❔ <b>The video was sent, but nobody confirmed it.</b> If it did not arrive, we send it again, free.
status-end-unsure-some = ❔ <b>Video { $number } of { $count } was sent, but nobody confirmed it.</b> If it did not arrive, we send it again, free.
status-end-late = 🎁 <b>The video came after all.</b> Its credits had already gone back to you, so it is free.
status-end-late-some = 🎁 <b>Video { $number } of { $count } came after all.</b> Its credits had already gone back to you, so it is free.

status-cancel = ✖️ { $count ->
    [1] Cancel
   *[other] Cancel what is in line
}
status-again = 🔁 Another one
status-retry = 🔁 Try again
status-rework = ✏️ Change
status-send-again = 📤 Send it again
status-take = 🎁 Get the video
status-as-file = 📎 As a file

status-caption = 🎬 { $about }
status-caption-unnamed = 🎬 Your video is ready
status-caption-number = { $number } of { $count }
status-caption-link = The video is larger than a chat takes. Download it here:
