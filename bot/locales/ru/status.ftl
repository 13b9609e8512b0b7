# Карточка заказа, пока он выполняется, сообщения о том, чем он кончился, и подписи под видео.

status-title = { $count ->
    [1] 🎬 <b>Заказ принят</b>
   *[other] 🎬 <b>Заказ принят: { $count } видео</b>
}
status-title-ended = { $count ->
    [1] 🎬 <b>Заказ завершён</b>
   *[other] 🎬 <b>Заказ завершён: { $count } видео</b>
}
status-about = 📦 { $about }

# Что у единственного видео уже позади.
status-step-accepted = ✅ принято
status-step-script = ✅ сценарий
status-step-photo = ✅ фото подошло
status-step-video = ✅ снято

# Где видео сейчас.
status-stage-unknown = ⏳ принимаем заказ
status-stage-accepted = ⏳ в очереди
status-stage-written = ⏳ в очереди
status-stage-generating = 🎨 создаётся
status-stage-generating-again = 🎨 создаётся, попытка { $attempt } из { $max }
status-stage-resting = 💤 сервис споткнулся, скоро попытка { $attempt } из { $max }
status-stage-sending = 📤 отправляется
status-stage-sending-again = 📤 отправляется, попытка { $attempt } из { $max }
status-stage-ready = ✅ доставлено
status-stage-maybe-sent = ❔ отправлено, но без подтверждения
status-stage-failed = ❌ не получилось: { $reason }
status-stage-failed-fully = ❌ не получилось
status-stage-cancelled = 🚫 отменено
status-stage-late = 🎁 пришло позже, уже бесплатно

status-place-known = ⏳ в очереди, { $place }-е, до видео { $time }
status-place-unknown = ⏳ в очереди, { $place }-е, сколько ждать, пока неизвестно
status-usually = ⏱ От заказа до видео обычно проходит { $time }
status-time-moment = меньше минуты
status-time-minutes = около { $n } { $n ->
    [one] минуты
   *[other] минут
}
status-time-hours = около { $n } { $n ->
    [one] часа
   *[other] часов
}

status-money = 💳 Кредиты: { $parts }
status-money-reserved = отложено { $n }
status-money-spent = потрачено { $n }
status-money-returning = возвращается { $n }
status-money-back = вернулось { $n }

# Почему не получилось: коротко в строке и полностью.
status-short-photo = фото не подошло
status-short-text = текст не подошёл
status-short-model-off = модель не предлагается
status-short-busy = сервис перегружен
status-short-service = сбой сервиса
status-short-queue = очередь не дошла
status-short-time = слишком долго
status-short-unanswered = сервис не ответил
status-short-delivery = не удалось отправить
status-short-ours = сбой у нас

status-reason-photo = Фото не прошло проверку модели. Хорошее фото — чёткое, светлое, на нём один товар: без людей, лиц и чужих логотипов.
status-reason-text = Модель не принимает такой текст. Опишите товар и пожелания другими словами.
status-reason-model-off = Эта модель сейчас не предлагается. Выберите другую: фото и тексты сохранены.
status-reason-busy = Сервис, который делает видео, сейчас перегружен. Попробуйте немного позже.
status-reason-service = Сервис, который делает видео, дал сбой, и повторные попытки не помогли. Попробуйте немного позже.
status-reason-queue = Очередь была слишком длинной, и мы не стали заставлять вас ждать дальше. Попробуйте позже.
status-reason-time = Видео создавалось дольше, чем разумно ждать. Попробуйте ещё раз.
status-reason-unanswered = Сервис, который делает видео, так и не ответил, взялся ли он за этот заказ. Попробуйте немного позже.
status-reason-delivery = Видео готово, но отправить его в этот чат не удалось.
status-reason-ours = Это сбой на нашей стороне, и мы уже разбираемся. Если видео нужно срочно, напишите в поддержку.

# Чем кончилось: новые сообщения.
status-end-failed = ❌ <b>Видео не получилось</b>
status-end-failed-some = ❌ <b>{ $failed ->
    [1] Не получилось видео
   *[other] Не получились видео
} { $numbers } из { $count }</b>
status-end-back = 💳 { $n ->
    [one] { $n } кредит вернулся на ваш счёт.
    [few] { $n } кредита вернулись на ваш счёт.
   *[many] { $n } кредитов вернулись на ваш счёт.
}
status-end-unsure = ❔ <b>Видео отправлено, но подтверждения нет.</b> Если оно не пришло, отправим его ещё раз, бесплатно.
status-end-unsure-some = ❔ <b>Видео { $number } из { $count } отправлено, но подтверждения нет.</b> Если оно не пришло, отправим его ещё раз, бесплатно.
status-end-late = 🎁 <b>Видео всё-таки пришло.</b> Кредиты за него вернулись раньше, так что оно бесплатное.
status-end-late-some = 🎁 <b>Видео { $number } из { $count } всё-таки пришло.</b> Кредиты за него вернулись раньше, так что оно бесплатное.

status-cancel = ✖️ { $count ->
    [1] Отменить
   *[other] Отменить то, что в очереди
}
status-again = 🔁 Ещё одно
status-retry = 🔁 Попробовать ещё раз
status-rework = ✏️ Изменить
status-send-again = 📤 Отправить ещё раз
status-take = 🎁 Получить видео
status-as-file = 📎 Файлом

status-caption = 🎬 { $about }
status-caption-unnamed = 🎬 Ваше видео готово
status-caption-number = { $number } из { $count }
status-caption-link = Видео больше, чем можно прислать в чат. Скачайте его по ссылке:
