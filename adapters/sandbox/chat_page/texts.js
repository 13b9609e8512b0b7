// Everything the page itself says, in both languages. What the bot says comes from the bot.

const wanted = new URLSearchParams(location.search).get("lang");
export const lang = wanted === "en" ? "en" : "ru";
const locale = lang === "en" ? "en-GB" : "ru-RU";

const TEXTS = {
  people: ["Пользователи", "People"],
  newUser: ["Новый пользователь", "New user"],
  newUserHint: ["Ещё один человек со своим чатом и своими игровыми звёздами", "One more person with a chat and play Stars of their own"],
  name: ["Имя", "Name"],
  language: ["Язык", "Language"],
  stars: ["Звёзды", "Stars"],
  create: ["Создать", "Create"],
  cancel: ["Отмена", "Cancel"],
  close: ["Закрыть", "Close"],
  ok: ["Понятно", "OK"],
  back: ["К списку", "Back to the list"],
  bot: ["бот", "bot"],
  typing: ["печатает", "typing"],
  upload_video: ["отправляет видео", "sending a video"],
  upload_photo: ["отправляет фото", "sending a photo"],
  upload_document: ["отправляет файл", "sending a file"],
  offline: ["Нет связи. Подключаюсь…", "No connection. Reconnecting…"],
  playground: ["Песочница: звёзды игровые", "Sandbox: Stars are play money"],
  start: ["Начать", "Start"],
  whatCanItDo: ["Что умеет этот бот?", "What can this bot do?"],
  noDescription: ["Нажмите «Начать», и бот ответит.", "Press Start and the bot will answer."],
  guide: ["Как попробовать", "How to try it"],
  guideStart: ["Нажмите «Начать»", "Press Start"],
  guidePhoto: ["Пришлите фото", "Drop a photo"],
  guideTap: ["Отвечайте кнопками", "Answer with the buttons"],
  guideVideo: ["Дождитесь видео", "Watch the video come"],
  guideDone: ["Получилось! Пробуйте дальше", "It works! Now try anything"],
  hideGuide: ["Скрыть подсказку", "Hide the tips"],
  message: ["Сообщение", "Message"],
  send: ["Отправить", "Send"],
  attach: ["Прикрепить", "Attach"],
  asPhotos: ["Фото", "Photos"],
  asFile: ["Файл без сжатия", "File, uncompressed"],
  dropPhoto: ["Отправить как фото", "Send as a photo"],
  dropPhotoHint: ["Быстро, со сжатием", "Quick, compressed"],
  dropFile: ["Отправить как файл", "Send as a file"],
  dropFileHint: ["Без потери качества", "In full quality"],
  sendPhotos: ["Отправить фото", "Send photos"],
  sendFiles: ["Отправить файлы", "Send files"],
  caption: ["Подпись", "Caption"],
  remove: ["Убрать", "Remove"],
  filesMax: ["За раз можно отправить не больше 10 файлов", "No more than 10 files at once"],
  compress: ["Сжать изображения", "Compress images"],
  commands: ["Команды бота", "Commands of the bot"],
  unblock: ["Разблокировать", "Unblock"],
  block: ["Заблокировать бота", "Block the bot"],
  menu: ["Меню чата", "Chat menu"],
  messageMenu: ["Действия с сообщением", "Message actions"],
  reply: ["Ответить", "Reply"],
  replyTo: ["Ответ на", "Reply to"],
  copy: ["Копировать текст", "Copy text"],
  copied: ["Скопировано", "Copied"],
  download: ["Скачать", "Download"],
  forward: ["Переслать другому", "Forward to another user"],
  forwardTo: ["Кому переслать?", "Forward to whom?"],
  forwardedTo: ["Переслано: {name}", "Forwarded to {name}"],
  forwardedFrom: ["Переслано от {name}", "Forwarded from {name}"],
  refund: ["Вернуть оплату через Telegram", "Have Telegram refund this payment"],
  refundAsk: ["Telegram вернёт {stars} и сообщит об этом боту.", "Telegram will return {stars} and tell the bot."],
  refundDo: ["Вернуть", "Refund"],
  payments: ["Возврат оплаты…", "Refund a payment…"],
  noPayments: ["В этом чате ещё ничего не оплачено", "Nothing has been paid in this chat yet"],
  whichPayment: ["Какую оплату вернуть?", "Which payment to refund?"],
  split: ["Второй чат рядом", "Second chat beside"],
  closePane: ["Закрыть этот чат", "Close this chat"],
  splitWho: ["Кого открыть рядом?", "Whom to open beside?"],
  edited: ["изменено", "edited"],
  today: ["Сегодня", "Today"],
  yesterday: ["Вчера", "Yesterday"],
  photo: ["Фото", "Photo"],
  video: ["Видео", "Video"],
  album: ["Альбом", "Album"],
  file: ["Файл", "File"],
  invoice: ["Счёт", "Invoice"],
  play: ["Смотреть", "Play"],
  openPhoto: ["Открыть фото", "Open the photo"],
  unsupported: ["Сообщение такого вида здесь не показывается", "Messages of this kind are not shown here"],
  spoiler: ["Показать скрытый текст", "Show the hidden text"],
  copyCode: ["Нажмите, чтобы скопировать", "Tap to copy"],
  toBottom: ["К последним сообщениям", "To the latest messages"],
  notHere: ["В песочнице эта кнопка не работает", "This button does not work in the sandbox"],
  pay: ["Заплатить {stars}", "Pay {stars}"],
  balance: ["Ваш баланс", "Your balance"],
  playMoney: ["Это игровые звёзды: ничего не спишется на самом деле.", "These are play Stars: nothing is really charged."],
  paying: ["Ждём ответа бота…", "Waiting for the bot…"],
  paid: ["Оплата прошла", "Paid"],
  refused: ["Бот отклонил оплату", "The bot refused the payment"],
  payTimeout: ["Бот не ответил за 10 секунд, оплата не прошла", "The bot did not answer within 10 seconds, nothing was paid"],
  noStars: ["Не хватает звёзд. Возьмите нового пользователя: его баланс вы задаёте сами.", "Not enough Stars. Make a new user: you set the balance."],
  receipt: ["Оплачено", "Paid"],
  receiptTitle: ["Квитанция", "Receipt"],
  receiptAsk: ["Вы заплатили {stars}. Telegram может вернуть их и сообщить об этом боту.", "You paid {stars}. Telegram can return them and tell the bot."],
  paidService: ["Вы заплатили {stars}", "You paid {stars}"],
  refundedService: ["Вам вернули {stars}", "{stars} came back to you"],
  openAs: ["Открыть ссылку бота от имени…", "Open the bot's link as…"],
  failed: ["Не получилось: {why}", "That did not work: {why}"],
  noAnswer: ["песочница не отвечает", "the sandbox does not answer"],
  notSent: ["Не отправлено: {why}", "Not sent: {why}"],
  staleButton: ["Этой кнопки уже нет в сообщении", "The message has no such button any more"],
  sending: ["Отправляю…", "Sending…"],
  noMessages: ["Нет сообщений", "No messages"],
  you: ["Вы", "You"],
  bytes: ["Б", "B"],
  kilobytes: ["КБ", "KB"],
  megabytes: ["МБ", "MB"],
};

const NAMES = {
  ru: ["Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Инна", "Кирилл", "Лена", "Максим"],
  en: ["Anna", "Ben", "Vera", "Greg", "Dora", "Evan", "Jane", "Zack", "Inna", "Carl", "Lena", "Max"],
};

/** Returns the text of a key with its {places} filled. */
export function t(key, places = {}) {
  const text = TEXTS[key][lang === "en" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, place) => places[place]);
}

export const has = (key) => Object.hasOwn(TEXTS, key);

/** A first name that nobody has yet, for a new user. */
export function freshName(taken) {
  const free = NAMES[lang].find((name) => !taken.includes(name));
  return free ?? `${NAMES[lang][0]} ${taken.length + 1}`;
}

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
const number = new Intl.NumberFormat(locale);
const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

/** Hours and minutes of Unix seconds. */
export const timeOf = (seconds) => clock.format(seconds * 1000);

/** "Today", "Yesterday" or a date, of Unix seconds. */
export function dayOf(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  return days === 0 ? t("today") : days === 1 ? t("yesterday") : dayOfYear.format(date);
}

export const count = (value) => number.format(value);

/** "640 KB". */
export function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} ${t("bytes")}`;
  if (bytes < 1024 * 1024) return `${number.format(Math.round(bytes / 1024))} ${t("kilobytes")}`;
  return `${decimal.format(bytes / 1024 / 1024)} ${t("megabytes")}`;
}

/** "0:07" of seconds. */
export const lengthOf = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
