/* SPDX-License-Identifier: Apache-2.0
 *
 * The table. A new language is a new entry, all of it; texts_test.c finds a missing line.
 */
#include "chat/texts.h"

#include <string.h>

const struct text_language text_languages[] = {
    { "en",
      "English",
      {
          [TEXT_START] =
              "Hello! Send me a question and I will answer it with sources. In a group, mention me, "
              "reply to me or use /ask. /help shows the rest.",
          [TEXT_HELP] =
              "/ask – ask a question (in groups)\n/language – choose the language\n/privacy – what is "
              "stored about you\n/reset – begin a new conversation\n/usage – messages used this "
              "month\n/export – what is stored of this conversation\n/forget – delete it\n/help – this list",
          [TEXT_EMPTY] = "Please write your question, for example: /ask How does this work?",
          [TEXT_MEDIA] = "I can only read text so far. Please write your question, or add it as a caption.",
          [TEXT_LANGUAGE] = "Which language shall I use?",
          [TEXT_LANGUAGE_SET] = "I will answer in English from now on.",
          [TEXT_RESET] = "A new conversation has begun. What was said before is not used any more.",
          [TEXT_USAGE] = "Messages this month",
          [TEXT_NOTHING_KEPT] = "Nothing of this conversation is stored.",
          [TEXT_FORGET_ASK] =
              "Shall I delete this conversation and what I know of you in it? This cannot be undone.",
          [TEXT_FORGET_YES] = "Delete it",
          [TEXT_FORGOTTEN] = "Deleted. What you agreed to is withdrawn as well.",
          [TEXT_UNKNOWN] = "I do not know this command. /help shows what I can do.",
          [TEXT_BUSY] = "I am still answering your earlier messages. Please ask this again afterwards.",
          [TEXT_LIMITED] = "That was a lot in a short time. Please ask again in a minute.",
          [TEXT_TROUBLE] = "I could not take this message. Please try again later.",
          [TEXT_DENIED] = "You are not on the list of those I may answer.",
          [TEXT_AGREE] = "I agree",
          [TEXT_THANKS] = "Thank you. I am answering now.",
          [TEXT_BUTTON_OLD] = "This button is no longer valid. Please ask again.",
          [TEXT_BUTTON_NOT_YOURS] = "This button is for somebody else.",
          [TEXT_SOURCES] = "Sources",
          [TEXT_YOU] = "You",
          [TEXT_BOT] = "Bot",
          [TEXT_SEARCHING] = "Searching the documents …",
          [TEXT_WRITING] = "Writing the answer …",
          [TEXT_RATED] = "Thank you, that helps to improve the answers.",
          [TEXT_QUOTA_NEAR] = "You have used {1} of your {2} messages of this month.",
          [TEXT_QUOTA_OVER] =
              "You have used all {1} messages of this month. From {2} on (UTC) I can answer you again.",
          [TEXT_PAIR] =
              "I do not know this chat yet. Please show an admin of this bot the code {1} within an "
              "hour; they send me /approve {1}, and then I can answer here.",
          [TEXT_PAIRED] = "This chat is approved. Ask me anything.",
          [TEXT_APPROVED] = "Approved: {1}. /revoke {1} takes it back.",
          [TEXT_REVOKED] = "I do not answer there any more.",
          [TEXT_CODE_UNKNOWN] =
              "Nobody waits with this code, or its hour is over. It is written /approve CODE.",
          [TEXT_MENU_ASK] = "Ask a question",
          [TEXT_MENU_HELP] = "What I can do",
          [TEXT_MENU_LANGUAGE] = "Choose the language",
          [TEXT_MENU_PRIVACY] = "What is stored about you",
          [TEXT_MENU_RESET] = "Begin a new conversation",
          [TEXT_MENU_USAGE] = "Messages used this month",
          [TEXT_MENU_EXPORT] = "What is stored of this conversation",
          [TEXT_MENU_FORGET] = "Delete this conversation",
      } },
    { "de",
      "Deutsch",
      {
          [TEXT_START] =
              "Hallo! Schick mir eine Frage, ich beantworte sie mit Quellen. In einer Gruppe erwähne "
              "mich, antworte mir oder nimm /ask. /help zeigt den Rest.",
          [TEXT_HELP] =
              "/ask – eine Frage stellen (in Gruppen)\n/language – die Sprache wählen\n/privacy – was "
              "über dich gespeichert wird\n/reset – ein neues Gespräch beginnen\n/usage – Nachrichten in "
              "diesem Monat\n/export – was von diesem Gespräch gespeichert ist\n/forget – es löschen\n/help "
              "– diese Liste",
          [TEXT_EMPTY] = "Bitte schreib deine Frage dazu, zum Beispiel: /ask Wie funktioniert das?",
          [TEXT_MEDIA] =
              "Bisher kann ich nur Text lesen. Bitte schreib deine Frage, auch als Bildunterschrift.",
          [TEXT_LANGUAGE] = "Welche Sprache soll ich verwenden?",
          [TEXT_LANGUAGE_SET] = "Ich antworte ab jetzt auf Deutsch.",
          [TEXT_RESET] = "Ein neues Gespräch hat begonnen. Das frühere wird nicht mehr verwendet.",
          [TEXT_USAGE] = "Nachrichten in diesem Monat",
          [TEXT_NOTHING_KEPT] = "Von diesem Gespräch ist nichts gespeichert.",
          [TEXT_FORGET_ASK] = "Soll ich dieses Gespräch und was ich darin über dich weiß löschen? Das lässt "
                              "sich nicht rückgängig machen.",
          [TEXT_FORGET_YES] = "Löschen",
          [TEXT_FORGOTTEN] = "Gelöscht. Auch deine Einwilligung ist zurückgenommen.",
          [TEXT_UNKNOWN] = "Diesen Befehl kenne ich nicht. /help zeigt, was ich kann.",
          [TEXT_BUSY] = "Ich beantworte noch deine früheren Nachrichten. Bitte frag das danach noch einmal.",
          [TEXT_LIMITED] = "Das war viel in kurzer Zeit. Bitte frag in einer Minute noch einmal.",
          [TEXT_TROUBLE] = "Ich konnte diese Nachricht nicht annehmen. Bitte versuch es später noch einmal.",
          [TEXT_DENIED] = "Du stehst nicht auf der Liste derer, denen ich antworten darf.",
          [TEXT_AGREE] = "Ich stimme zu",
          [TEXT_THANKS] = "Danke. Ich antworte jetzt.",
          [TEXT_BUTTON_OLD] = "Dieser Knopf gilt nicht mehr. Bitte frag noch einmal.",
          [TEXT_BUTTON_NOT_YOURS] = "Dieser Knopf ist für jemand anderen.",
          [TEXT_SOURCES] = "Quellen",
          [TEXT_YOU] = "Du",
          [TEXT_BOT] = "Bot",
          [TEXT_SEARCHING] = "Ich suche in den Dokumenten …",
          [TEXT_WRITING] = "Ich schreibe die Antwort …",
          [TEXT_RATED] = "Danke, das hilft, die Antworten zu verbessern.",
          [TEXT_QUOTA_NEAR] = "Du hast {1} von deinen {2} Nachrichten dieses Monats verbraucht.",
          [TEXT_QUOTA_OVER] = "Du hast alle {1} Nachrichten dieses Monats verbraucht. Ab dem {2} (UTC) kann "
                              "ich dir wieder antworten.",
          [TEXT_PAIR] = "Diesen Chat kenne ich noch nicht. Bitte zeig jemandem, der diesen Bot verwaltet, "
                        "binnen einer Stunde den Code {1}; mit /approve {1} schaltet er mich hier frei.",
          [TEXT_PAIRED] = "Dieser Chat ist freigeschaltet. Frag mich etwas.",
          [TEXT_APPROVED] = "Freigeschaltet: {1}. Mit /revoke {1} nimmst du es zurück.",
          [TEXT_REVOKED] = "Dort antworte ich nicht mehr.",
          [TEXT_CODE_UNKNOWN] = "Mit diesem Code wartet niemand, oder seine Stunde ist vorbei. Geschrieben "
                                "wird es /approve CODE.",
          [TEXT_MENU_ASK] = "Eine Frage stellen",
          [TEXT_MENU_HELP] = "Was ich kann",
          [TEXT_MENU_LANGUAGE] = "Die Sprache wählen",
          [TEXT_MENU_PRIVACY] = "Was über dich gespeichert wird",
          [TEXT_MENU_RESET] = "Ein neues Gespräch beginnen",
          [TEXT_MENU_USAGE] = "Nachrichten in diesem Monat",
          [TEXT_MENU_EXPORT] = "Was von diesem Gespräch gespeichert ist",
          [TEXT_MENU_FORGET] = "Dieses Gespräch löschen",
      } },
    { "es",
      "Español",
      {
          [TEXT_START] = "¡Hola! Envíame una pregunta y la responderé con fuentes. En un grupo, mencióname, "
                         "respóndeme o usa /ask. /help muestra lo demás.",
          [TEXT_HELP] =
              "/ask – hacer una pregunta (en grupos)\n/language – elegir el idioma\n/privacy – qué se "
              "guarda sobre ti\n/reset – empezar una conversación nueva\n/usage – mensajes usados este "
              "mes\n/export – qué se guarda de esta conversación\n/forget – borrarla\n/help – esta lista",
          [TEXT_EMPTY] = "Escribe tu pregunta, por ejemplo: /ask ¿Cómo funciona esto?",
          [TEXT_MEDIA] = "Por ahora solo puedo leer texto. Escribe tu pregunta o añádela como pie de foto.",
          [TEXT_LANGUAGE] = "¿Qué idioma debo usar?",
          [TEXT_LANGUAGE_SET] = "A partir de ahora responderé en español.",
          [TEXT_RESET] = "Ha empezado una conversación nueva. Lo anterior ya no se usa.",
          [TEXT_USAGE] = "Mensajes de este mes",
          [TEXT_NOTHING_KEPT] = "No se guarda nada de esta conversación.",
          [TEXT_FORGET_ASK] = "¿Borro esta conversación y lo que sé de ti en ella? No se puede deshacer.",
          [TEXT_FORGET_YES] = "Borrar",
          [TEXT_FORGOTTEN] = "Borrada. También se ha retirado tu consentimiento.",
          [TEXT_UNKNOWN] = "No conozco este comando. /help muestra lo que puedo hacer.",
          [TEXT_BUSY] = "Todavía estoy respondiendo a tus mensajes anteriores. Pregúntalo de nuevo después.",
          [TEXT_LIMITED] = "Han sido muchos mensajes en poco tiempo. Vuelve a preguntar en un minuto.",
          [TEXT_TROUBLE] = "No he podido aceptar este mensaje. Inténtalo más tarde.",
          [TEXT_DENIED] = "No estás en la lista de quienes puedo atender.",
          [TEXT_AGREE] = "Acepto",
          [TEXT_THANKS] = "Gracias. Ahora respondo.",
          [TEXT_BUTTON_OLD] = "Este botón ya no es válido. Vuelve a preguntar.",
          [TEXT_BUTTON_NOT_YOURS] = "Este botón es para otra persona.",
          [TEXT_SOURCES] = "Fuentes",
          [TEXT_YOU] = "Tú",
          [TEXT_BOT] = "Bot",
          [TEXT_SEARCHING] = "Buscando en los documentos …",
          [TEXT_WRITING] = "Escribiendo la respuesta …",
          [TEXT_RATED] = "Gracias, eso ayuda a mejorar las respuestas.",
          [TEXT_QUOTA_NEAR] = "Has usado {1} de tus {2} mensajes de este mes.",
          [TEXT_QUOTA_OVER] =
              "Has usado los {1} mensajes de este mes. A partir del {2} (UTC) podré responderte de nuevo.",
          [TEXT_PAIR] = "Todavía no conozco este chat. Muestra en el plazo de una hora el código {1} a un "
                        "administrador de este bot; con /approve {1} podré responder aquí.",
          [TEXT_PAIRED] = "Este chat está aprobado. Pregúntame lo que quieras.",
          [TEXT_APPROVED] = "Aprobado: {1}. Con /revoke {1} se retira.",
          [TEXT_REVOKED] = "Ya no respondo allí.",
          [TEXT_CODE_UNKNOWN] =
              "Nadie espera con este código, o ya pasó su hora. Se escribe /approve CÓDIGO.",
          [TEXT_MENU_ASK] = "Hacer una pregunta",
          [TEXT_MENU_HELP] = "Lo que puedo hacer",
          [TEXT_MENU_LANGUAGE] = "Elegir el idioma",
          [TEXT_MENU_PRIVACY] = "Qué se guarda sobre ti",
          [TEXT_MENU_RESET] = "Empezar una conversación nueva",
          [TEXT_MENU_USAGE] = "Mensajes usados este mes",
          [TEXT_MENU_EXPORT] = "Qué se guarda de esta conversación",
          [TEXT_MENU_FORGET] = "Borrar esta conversación",
      } },
    { "fr",
      "Français",
      {
          [TEXT_START] =
              "Bonjour ! Envoyez-moi une question, j'y répondrai avec des sources. Dans un groupe, "
              "mentionnez-moi, répondez-moi ou utilisez /ask. /help montre le reste.",
          [TEXT_HELP] =
              "/ask – poser une question (dans les groupes)\n/language – choisir la langue\n/privacy – "
              "ce qui est conservé sur vous\n/reset – commencer une nouvelle conversation\n/usage – messages "
              "utilisés ce mois-ci\n/export – ce qui est conservé de cette conversation\n/forget – la "
              "supprimer\n/help – "
              "cette liste",
          [TEXT_EMPTY] = "Écrivez votre question, par exemple : /ask Comment ça marche ?",
          [TEXT_MEDIA] = "Pour l'instant je ne lis que du texte. Écrivez votre question, ou en légende.",
          [TEXT_LANGUAGE] = "Quelle langue dois-je utiliser ?",
          [TEXT_LANGUAGE_SET] = "Je répondrai désormais en français.",
          [TEXT_RESET] = "Une nouvelle conversation commence. Ce qui précède n'est plus utilisé.",
          [TEXT_USAGE] = "Messages ce mois-ci",
          [TEXT_NOTHING_KEPT] = "Rien n'est conservé de cette conversation.",
          [TEXT_FORGET_ASK] =
              "Dois-je supprimer cette conversation et ce que j'y sais de vous ? C'est définitif.",
          [TEXT_FORGET_YES] = "Supprimer",
          [TEXT_FORGOTTEN] = "Supprimée. Votre consentement est également retiré.",
          [TEXT_UNKNOWN] = "Je ne connais pas cette commande. /help montre ce que je sais faire.",
          [TEXT_BUSY] = "Je réponds encore à vos messages précédents. Reposez la question ensuite.",
          [TEXT_LIMITED] = "Cela fait beaucoup en peu de temps. Reposez la question dans une minute.",
          [TEXT_TROUBLE] = "Je n'ai pas pu prendre ce message. Réessayez plus tard.",
          [TEXT_DENIED] = "Vous n'êtes pas sur la liste des personnes à qui je peux répondre.",
          [TEXT_AGREE] = "J'accepte",
          [TEXT_THANKS] = "Merci. Je réponds maintenant.",
          [TEXT_BUTTON_OLD] = "Ce bouton n'est plus valable. Reposez votre question.",
          [TEXT_BUTTON_NOT_YOURS] = "Ce bouton est destiné à quelqu'un d'autre.",
          [TEXT_SOURCES] = "Sources",
          [TEXT_YOU] = "Vous",
          [TEXT_BOT] = "Bot",
          [TEXT_SEARCHING] = "Recherche dans les documents …",
          [TEXT_WRITING] = "Rédaction de la réponse …",
          [TEXT_RATED] = "Merci, cela aide à améliorer les réponses.",
          [TEXT_QUOTA_NEAR] = "Vous avez utilisé {1} de vos {2} messages de ce mois.",
          [TEXT_QUOTA_OVER] = "Vous avez utilisé les {1} messages de ce mois. À partir du {2} (UTC), je "
                              "pourrai de nouveau vous répondre.",
          [TEXT_PAIR] = "Je ne connais pas encore cette discussion. Montrez dans l’heure le code {1} à un "
                        "administrateur de ce bot ; avec /approve {1}, je pourrai répondre ici.",
          [TEXT_PAIRED] = "Cette discussion est approuvée. Posez-moi vos questions.",
          [TEXT_APPROVED] = "Approuvé : {1}. /revoke {1} annule.",
          [TEXT_REVOKED] = "Je n’y réponds plus.",
          [TEXT_CODE_UNKNOWN] =
              "Personne n’attend avec ce code, ou son heure est passée. On écrit /approve CODE.",
          [TEXT_MENU_ASK] = "Poser une question",
          [TEXT_MENU_HELP] = "Ce que je sais faire",
          [TEXT_MENU_LANGUAGE] = "Choisir la langue",
          [TEXT_MENU_PRIVACY] = "Ce qui est conservé sur vous",
          [TEXT_MENU_RESET] = "Commencer une nouvelle conversation",
          [TEXT_MENU_USAGE] = "Messages utilisés ce mois-ci",
          [TEXT_MENU_EXPORT] = "Ce qui est conservé de cette conversation",
          [TEXT_MENU_FORGET] = "Supprimer cette conversation",
      } },
    { "it",
      "Italiano",
      {
          [TEXT_START] = "Ciao! Mandami una domanda e risponderò con le fonti. In un gruppo menzionami, "
                         "rispondimi o usa /ask. /help mostra il resto.",
          [TEXT_HELP] =
              "/ask – fare una domanda (nei gruppi)\n/language – scegliere la lingua\n/privacy – che "
              "cosa viene salvato su di te\n/reset – iniziare una nuova conversazione\n/usage – messaggi "
              "usati questo mese\n/export – che cosa è salvato di questa conversazione\n/forget – "
              "eliminarla\n/help – questo "
              "elenco",
          [TEXT_EMPTY] = "Scrivi la tua domanda, per esempio: /ask Come funziona?",
          [TEXT_MEDIA] = "Per ora leggo solo testo. Scrivi la domanda, anche come didascalia.",
          [TEXT_LANGUAGE] = "Quale lingua devo usare?",
          [TEXT_LANGUAGE_SET] = "Da ora rispondo in italiano.",
          [TEXT_RESET] = "È iniziata una nuova conversazione. Quanto detto prima non viene più usato.",
          [TEXT_USAGE] = "Messaggi di questo mese",
          [TEXT_NOTHING_KEPT] = "Di questa conversazione non è salvato nulla.",
          [TEXT_FORGET_ASK] =
              "Devo eliminare questa conversazione e ciò che so di te in essa? Non si può annullare.",
          [TEXT_FORGET_YES] = "Elimina",
          [TEXT_FORGOTTEN] = "Eliminata. Anche il tuo consenso è revocato.",
          [TEXT_UNKNOWN] = "Non conosco questo comando. /help mostra che cosa so fare.",
          [TEXT_BUSY] = "Sto ancora rispondendo ai tuoi messaggi precedenti. Richiedilo dopo.",
          [TEXT_LIMITED] = "Sono molti messaggi in poco tempo. Riprova tra un minuto.",
          [TEXT_TROUBLE] = "Non ho potuto accettare questo messaggio. Riprova più tardi.",
          [TEXT_DENIED] = "Non sei nell'elenco di chi posso servire.",
          [TEXT_AGREE] = "Accetto",
          [TEXT_THANKS] = "Grazie. Ora rispondo.",
          [TEXT_BUTTON_OLD] = "Questo pulsante non è più valido. Fai di nuovo la domanda.",
          [TEXT_BUTTON_NOT_YOURS] = "Questo pulsante è per un'altra persona.",
          [TEXT_SOURCES] = "Fonti",
          [TEXT_YOU] = "Tu",
          [TEXT_BOT] = "Bot",
          [TEXT_SEARCHING] = "Cerco nei documenti …",
          [TEXT_WRITING] = "Scrivo la risposta …",
          [TEXT_RATED] = "Grazie, così le risposte possono migliorare.",
          [TEXT_QUOTA_NEAR] = "Hai usato {1} dei tuoi {2} messaggi di questo mese.",
          [TEXT_QUOTA_OVER] =
              "Hai usato tutti i {1} messaggi di questo mese. Dal {2} (UTC) potrò risponderti di nuovo.",
          [TEXT_PAIR] = "Non conosco ancora questa chat. Mostra entro un’ora il codice {1} a un "
                        "amministratore di questo bot; con /approve {1} potrò rispondere qui.",
          [TEXT_PAIRED] = "Questa chat è approvata. Chiedimi pure.",
          [TEXT_APPROVED] = "Approvato: {1}. /revoke {1} lo annulla.",
          [TEXT_REVOKED] = "Lì non rispondo più.",
          [TEXT_CODE_UNKNOWN] =
              "Nessuno aspetta con questo codice, o la sua ora è passata. Si scrive /approve CODICE.",
          [TEXT_MENU_ASK] = "Fare una domanda",
          [TEXT_MENU_HELP] = "Che cosa so fare",
          [TEXT_MENU_LANGUAGE] = "Scegliere la lingua",
          [TEXT_MENU_PRIVACY] = "Che cosa viene salvato su di te",
          [TEXT_MENU_RESET] = "Iniziare una nuova conversazione",
          [TEXT_MENU_USAGE] = "Messaggi usati questo mese",
          [TEXT_MENU_EXPORT] = "Che cosa è salvato di questa conversazione",
          [TEXT_MENU_FORGET] = "Eliminare questa conversazione",
      } },
    { "pt",
      "Português",
      {
          [TEXT_START] = "Olá! Envie-me uma pergunta e responderei com fontes. Num grupo, mencione-me, "
                         "responda-me ou use /ask. /help mostra o resto.",
          [TEXT_HELP] =
              "/ask – fazer uma pergunta (em grupos)\n/language – escolher o idioma\n/privacy – o que é "
              "guardado sobre você\n/reset – começar uma nova conversa\n/usage – mensagens usadas este "
              "mês\n/export – o que está guardado desta conversa\n/forget – apagá-la\n/help – esta lista",
          [TEXT_EMPTY] = "Escreva a sua pergunta, por exemplo: /ask Como isto funciona?",
          [TEXT_MEDIA] = "Por enquanto só leio texto. Escreva a sua pergunta, ou coloque-a na legenda.",
          [TEXT_LANGUAGE] = "Que idioma devo usar?",
          [TEXT_LANGUAGE_SET] = "A partir de agora respondo em português.",
          [TEXT_RESET] = "Começou uma nova conversa. O que foi dito antes já não é usado.",
          [TEXT_USAGE] = "Mensagens deste mês",
          [TEXT_NOTHING_KEPT] = "Nada desta conversa está guardado.",
          [TEXT_FORGET_ASK] = "Devo apagar esta conversa e o que sei de você nela? Não dá para desfazer.",
          [TEXT_FORGET_YES] = "Apagar",
          [TEXT_FORGOTTEN] = "Apagada. O seu consentimento também foi retirado.",
          [TEXT_UNKNOWN] = "Não conheço este comando. /help mostra o que sei fazer.",
          [TEXT_BUSY] = "Ainda estou respondendo às suas mensagens anteriores. Pergunte de novo depois.",
          [TEXT_LIMITED] = "Foram muitas mensagens em pouco tempo. Pergunte de novo daqui a um minuto.",
          [TEXT_TROUBLE] = "Não consegui aceitar esta mensagem. Tente mais tarde.",
          [TEXT_DENIED] = "Você não está na lista de quem posso atender.",
          [TEXT_AGREE] = "Aceito",
          [TEXT_THANKS] = "Obrigado. Vou responder agora.",
          [TEXT_BUTTON_OLD] = "Este botão já não é válido. Pergunte de novo.",
          [TEXT_BUTTON_NOT_YOURS] = "Este botão é para outra pessoa.",
          [TEXT_SOURCES] = "Fontes",
          [TEXT_YOU] = "Você",
          [TEXT_BOT] = "Bot",
          [TEXT_SEARCHING] = "Procurando nos documentos …",
          [TEXT_WRITING] = "Escrevendo a resposta …",
          [TEXT_RATED] = "Obrigado, isso ajuda a melhorar as respostas.",
          [TEXT_QUOTA_NEAR] = "Você usou {1} das suas {2} mensagens deste mês.",
          [TEXT_QUOTA_OVER] =
              "Você usou todas as {1} mensagens deste mês. A partir de {2} (UTC) poderei responder de novo.",
          [TEXT_PAIR] = "Ainda não conheço esta conversa. Mostre dentro de uma hora o código {1} a um "
                        "administrador deste bot; com /approve {1} poderei responder aqui.",
          [TEXT_PAIRED] = "Esta conversa está aprovada. Pode perguntar.",
          [TEXT_APPROVED] = "Aprovado: {1}. /revoke {1} desfaz.",
          [TEXT_REVOKED] = "Não respondo mais lá.",
          [TEXT_CODE_UNKNOWN] =
              "Ninguém espera com este código, ou a hora dele passou. Escreve-se /approve CÓDIGO.",
          [TEXT_MENU_ASK] = "Fazer uma pergunta",
          [TEXT_MENU_HELP] = "O que sei fazer",
          [TEXT_MENU_LANGUAGE] = "Escolher o idioma",
          [TEXT_MENU_PRIVACY] = "O que é guardado sobre você",
          [TEXT_MENU_RESET] = "Começar uma nova conversa",
          [TEXT_MENU_USAGE] = "Mensagens usadas este mês",
          [TEXT_MENU_EXPORT] = "O que está guardado desta conversa",
          [TEXT_MENU_FORGET] = "Apagar esta conversa",
      } },
    { "ru",
      "Русский",
      {
          [TEXT_START] =
              "Здравствуйте! Пришлите вопрос, и я отвечу со ссылками на источники. В группе упомяните "
              "меня, ответьте мне или используйте /ask. Остальное покажет /help.",
          [TEXT_HELP] = "/ask – задать вопрос (в группах)\n/language – выбрать язык\n/privacy – что о вас "
                        "хранится\n/reset – начать новый разговор\n/usage – сообщения за этот месяц\n/export "
                        "– что хранится из этого разговора\n/forget – удалить его\n/help – этот список",
          [TEXT_EMPTY] = "Напишите ваш вопрос, например: /ask Как это работает?",
          [TEXT_MEDIA] = "Пока я читаю только текст. Напишите вопрос или добавьте его подписью.",
          [TEXT_LANGUAGE] = "Какой язык использовать?",
          [TEXT_LANGUAGE_SET] = "Теперь я отвечаю по-русски.",
          [TEXT_RESET] = "Начат новый разговор. Сказанное раньше больше не используется.",
          [TEXT_USAGE] = "Сообщений в этом месяце",
          [TEXT_NOTHING_KEPT] = "Из этого разговора ничего не хранится.",
          [TEXT_FORGET_ASK] = "Удалить этот разговор и то, что я знаю о вас из него? Отменить это нельзя.",
          [TEXT_FORGET_YES] = "Удалить",
          [TEXT_FORGOTTEN] = "Удалено. Ваше согласие тоже отозвано.",
          [TEXT_UNKNOWN] = "Я не знаю этой команды. /help покажет, что я умею.",
          [TEXT_BUSY] = "Я ещё отвечаю на ваши прежние сообщения. Спросите об этом потом ещё раз.",
          [TEXT_LIMITED] = "Слишком много сообщений за короткое время. Спросите через минуту.",
          [TEXT_TROUBLE] = "Не удалось принять это сообщение. Попробуйте позже.",
          [TEXT_DENIED] = "Вас нет в списке тех, кому я могу отвечать.",
          [TEXT_AGREE] = "Согласен",
          [TEXT_THANKS] = "Спасибо. Сейчас отвечу.",
          [TEXT_BUTTON_OLD] = "Эта кнопка больше не действует. Спросите ещё раз.",
          [TEXT_BUTTON_NOT_YOURS] = "Эта кнопка для другого человека.",
          [TEXT_SOURCES] = "Источники",
          [TEXT_YOU] = "Вы",
          [TEXT_BOT] = "Бот",
          [TEXT_SEARCHING] = "Ищу в документах …",
          [TEXT_WRITING] = "Пишу ответ …",
          [TEXT_RATED] = "Спасибо, это помогает улучшать ответы.",
          [TEXT_QUOTA_NEAR] = "В этом месяце использовано сообщений: {1} из {2}.",
          [TEXT_QUOTA_OVER] =
              "Все сообщения этого месяца ({1}) использованы. С {2} (UTC) я снова смогу отвечать.",
          [TEXT_PAIR] = "Этот чат мне ещё не знаком. В течение часа покажите администратору бота код {1}; "
                        "после его команды /approve {1} я смогу отвечать здесь.",
          [TEXT_PAIRED] = "Этот чат одобрен. Спрашивайте.",
          [TEXT_APPROVED] = "Одобрено: {1}. Отменить: /revoke {1}.",
          [TEXT_REVOKED] = "Там я больше не отвечаю.",
          [TEXT_CODE_UNKNOWN] = "С этим кодом никто не ждёт, или его час прошёл. Пишется так: /approve КОД.",
          [TEXT_MENU_ASK] = "Задать вопрос",
          [TEXT_MENU_HELP] = "Что я умею",
          [TEXT_MENU_LANGUAGE] = "Выбрать язык",
          [TEXT_MENU_PRIVACY] = "Что о вас хранится",
          [TEXT_MENU_RESET] = "Начать новый разговор",
          [TEXT_MENU_USAGE] = "Сообщения за этот месяц",
          [TEXT_MENU_EXPORT] = "Что хранится из этого разговора",
          [TEXT_MENU_FORGET] = "Удалить этот разговор",
      } },
};
const size_t text_languages_len = ARRAY_LEN(text_languages);

const struct text_language *text_language_of(const char *code)
{
    size_t len = strcspn(code, "-_");
    for (size_t i = 0; i < text_languages_len; i++)
        if (len == 2 && strncmp(text_languages[i].code, code, 2) == 0)
            return &text_languages[i];
    return NULL;
}

const char *text_in(const char *code, enum text which)
{
    const struct text_language *l = text_language_of(code);
    return (l ? l : &text_languages[0])->text[which];
}

void text_fill(struct buf *out, const char *code, enum text which, const char *const *arg, size_t args)
{
    for (const char *p = text_in(code, which); *p; p++) {
        size_t n = p[0] == '{' && p[1] >= '1' && p[1] <= '9' && p[2] == '}' ? (size_t)(p[1] - '0') : 0;
        if (n == 0 || n > args) {
            buf_addc(out, *p);
            continue;
        }
        buf_adds(out, arg[n - 1]);
        p += 2;
    }
}
