/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of configuration keys. The file, the environment, --set, check-config's print, the help
 * text and "did you mean" all read it; a new key is a new row and its place in struct config.
 * Rows of one section stand together, in the order in which they are printed.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <parley/log.h>

#include "conf/config_impl.h"

#define CONF(member)         .base = IN_CONFIG, .at = offsetof(struct config, member)
#define LIST(member, number) CONF(member), .type = KEY_LIST, .count_at = offsetof(struct config, number)
#define BOT(member)          .base = IN_BOT, .at = offsetof(struct config_telegram, member)
#define BOT_LIST(member, number)                                                                             \
    BOT(member), .type = KEY_LIST, .count_at = offsetof(struct config_telegram, number)
#define DRAFT(member)  .base = IN_PROVIDER, .at = offsetof(struct config_draft, member)
#define INT(low, high) .type = KEY_INT, .lo = (low), .hi = (high)

#define HOUR_MS        3600000
#define WORD_BYTES_MAX 32

const struct config_key config_keys[] = {
    { "server.listen", CONF(server.listen), .fallback = "127.0.0.1:8080", .check = check_listen,
      .help = "address and port; put a reverse proxy with TLS in front" },
    { "server.base_path", CONF(server.base_path), .fallback = "", .check = check_base_path,
      .help = "path under which everything is served, such as /parley" },
    { "server.trusted_proxies", LIST(server.trusted_proxy, server.trusted_proxies), .fallback = "",
      .check = check_network, .help = "addresses or networks whose X-Forwarded-For is believed" },
    { "server.cors_origins", LIST(server.cors_origin, server.cors_origins), .fallback = "",
      .check = check_origin, .help = "origins whose pages may call the API" },
    { "server.api_key", CONF(server.api_key), .fallback = "", .secret = true, .check = check_secret,
      .help = "when set, the API, health and metrics want \"Authorization: Bearer KEY\"" },
    { "server.connections_max", CONF(server.connections_max), INT(1, 100000), .fallback = "4096",
      .help = "open connections; more are answered 503" },
    { "state.dir", CONF(state.dir), .fallback = "",
      .help = "databases, index and keys; empty: $STATE_DIRECTORY, $XDG_STATE_HOME/parley or "
              "~/.local/state/parley" },
    { "policies.dir", CONF(policies.dir), .fallback = "",
      .help = "policy files; empty: ./policies, then the installed ones, then the built-in ones" },
    { "knowledge.dir", CONF(knowledge.dir), .fallback = "",
      .help = "documents that `parley index` reads when it is given no folder" },
    { "knowledge.top_k", CONF(knowledge.top_k), INT(1, TURN_PASSAGES_MAX), .fallback = "5",
      .help = "passages given to the model" },
    { "log.format", CONF(log.format), .type = KEY_CHOICE, .choices = "text|json", .fallback = "text",
      .help = "one line per event, to standard error" },
    { "log.level", CONF(log.level), .type = KEY_CHOICE, .choices = "debug|info|warn|error|off",
      .fallback = "info", .help = "least level that is written" },
    { "drain_ms", CONF(drain_ms), INT(0, 600000), .fallback = "25000",
      .help = "time to finish running answers after SIGTERM" },
    { "workers.threads", CONF(workers.threads), INT(0, 256), .fallback = "0",
      .help = "worker threads; 0 = one per core" },
    { "workers.queue", CONF(workers.queue), INT(1, 1000000), .fallback = "1024",
      .help = "jobs that may wait for a worker" },
    { "workers.turns_max", CONF(workers.turns_max), INT(1, 100000), .fallback = "512",
      .help = "turns in memory; above it adapters pause" },
    { "llm.order", .base = IN_IMPL, .at = offsetof(struct config_impl, order), .type = KEY_LIST,
      .count_at = offsetof(struct config_impl, orders), .fallback = "", .check = NULL,
      .help = "order to try; empty: as written here, then those with a key in the environment" },
    { "llm.balance", CONF(llm.balance), .type = KEY_CHOICE, .choices = "order|weight|latency",
      .fallback = "order",
      .help = "who of a class is asked first: as in order, at random by weight, or the quickest to answer" },
    { "llm.hedge_ms", CONF(llm.hedge_ms), INT(0, HOUR_MS), .fallback = "0",
      .help = "when nothing was said after this time the next provider is asked too, and both are paid; 0 = "
              "never" },
    { "llm.*.format", DRAFT(p.format), .choices = "openai|gemini|anthropic|ollama|perplexity",
      .fallback = "openai", .help = "wire format; the names of this list begin with their own" },
    { "llm.*.base_url", DRAFT(p.base_url), .fallback = "", .check = check_url, .tidy = tidy_slash,
      .help = "start of the API's address; known for openai, gemini, perplexity, anthropic, ollama" },
    { "llm.*.model", DRAFT(p.model), .fallback = "default", .help = "model name as the provider spells it" },
    { "llm.*.api_key", DRAFT(api_key), .fallback = "", .secret = true, .lines = true, .check = check_keys,
      .help = "key, or up to 8 separated by commas or white space: they take turns" },
    { "llm.*.timeout_ms", DRAFT(p.timeout_ms), INT(1, HOUR_MS), .fallback = "60000", .help = "whole call" },
    { "llm.*.connect_ms", DRAFT(p.connect_ms), INT(1, HOUR_MS), .fallback = "5000",
      .help = "connection with TLS" },
    { "llm.*.first_byte_ms", DRAFT(p.first_byte_ms), INT(1, HOUR_MS), .fallback = "15000",
      .help = "from request to first byte of the answer" },
    { "llm.*.idle_ms", DRAFT(p.idle_ms), INT(1, HOUR_MS), .fallback = "20000",
      .help = "longest silence inside an answer" },
    { "llm.*.max_tokens", DRAFT(p.max_tokens), INT(1, 1000000), .fallback = "1024",
      .help = "longest answer, in tokens" },
    { "llm.*.class", DRAFT(p.klass), .type = KEY_CHOICE, .choices = "cheap|balanced|research|any",
      .fallback = "any",
      .help =
          "questions it is tried first for; by name: gemini and ollama cheap, openai and anthropic balanced, "
          "perplexity research" },
    { "llm.*.weight", DRAFT(p.weight), INT(1, 100), .fallback = "1",
      .help = "share of the questions of its class, with balance weight" },
    { "llm.*.allow_http", DRAFT(allow_http), .type = KEY_BOOL, .fallback = "false",
      .help = "allow a plain http base_url to another machine: questions and the key travel unencrypted" },
    { "answer.footer", CONF(answer.footer), .type = KEY_BOOL, .fallback = "true",
      .help = "append sources, notices and disclaimers to chat messages" },
    { "answer.grounding", CONF(answer.grounding), .type = KEY_CHOICE, .choices = "annotate|strict",
      .fallback = "annotate", .help = "an answer the documents do not carry gets a notice, or is replaced" },
    { "answer.deadline_ms", CONF(answer.deadline_ms), INT(100, HOUR_MS), .fallback = "90000",
      .help = "whole turn, all providers together" },
    { "cache.semantic", CONF(cache.semantic), .type = KEY_BOOL, .fallback = "false",
      .help = "answer a question from the cache also when it asks the same in other words" },
    { "cache.semantic_threshold", CONF(cache.semantic_threshold), INT(1, 100), .fallback = "30",
      .help = "least nearness of the two wordings, in percent of the embedder's cosine" },
    { "limits.user_per_minute", CONF(limits.user_per_minute), INT(0, 1000000), .fallback = "20",
      .help = "messages of one person; 0 = unlimited" },
    { "limits.ip_per_minute", CONF(limits.ip_per_minute), INT(0, 1000000), .fallback = "60",
      .help = "requests of one address; 0 = unlimited" },
    { "tiers.default", CONF(tiers.fallback), .type = KEY_CHOICE, .choices = "FREE|PRO|ENTERPRISE",
      .fallback = "FREE", .help = "tier of a person without a setting; quotas are in policies/tiers.json" },
    { "consent.region", CONF(consent.region), .type = KEY_CHOICE, .choices = "auto|eu|uk|us|none",
      .fallback = "auto",
      .help = "whose rules apply; auto: by a trusted proxy's country header, else by the locale" },
    { "consent.strict", CONF(consent.strict), .type = KEY_BOOL, .fallback = "false",
      .help = "an unknown region must consent too, instead of seeing a notice" },
    { "telegram.token", BOT(token), .fallback = "", .secret = true, .own = true, .check = check_secret,
      .help = "bot token, from @BotFather; without it Telegram is off; one more bot: telegram.NAME.token" },
    { "telegram.api_base", BOT(api_base), .fallback = "https://api.telegram.org", .check = check_url,
      .tidy = tidy_slash, .help = "Bot API server" },
    { "telegram.proxy", BOT(proxy), .fallback = "", .secret = true, .check = check_proxy,
      .help = "on the way to the Bot API server: http://, https://, socks5:// or socks5h:// and host:port" },
    { "telegram.ipv4", BOT(ipv4), .type = KEY_BOOL, .fallback = "false",
      .help = "never use IPv6 to the Bot API server, where the way there is broken" },
    { "telegram.mode", BOT(mode), .choices = "polling|webhook", .fallback = "polling",
      .help = "how updates arrive" },
    { "telegram.poll_s", BOT(poll_s), INT(2, 50), .fallback = "50",
      .help = "seconds for which Telegram may hold a poll open (less where something between cuts idle "
              "connections), or after which it is looked whether the webhook is still set" },
    { "telegram.access", BOT(access), .type = KEY_CHOICE, .choices = "lists|pairing", .fallback = "lists",
      .help = "who may ask: as the lists say, or also chats that an admin has let in" },
    { "telegram.allow", BOT_LIST(allow, allows), .fallback = "", .check = check_chat_id,
      .help = "ids of the people and groups that may ask; empty, and no pairing: everybody" },
    { "telegram.deny", BOT_LIST(deny, denies), .fallback = "", .check = check_chat_id,
      .help = "ids of people and groups that may not ask" },
    { "telegram.admins", BOT_LIST(admin, admins), .fallback = "", .check = check_person_id,
      .help = "ids of the people who may /approve, /revoke and ask for the /status; they may always ask" },
    { "telegram.progress", BOT(progress), .type = KEY_CHOICE, .choices = "typing|edit|draft",
      .fallback = "typing",
      .help = "what is seen before an answer: typing, a message that becomes it, or a draft" },
    { "telegram.feedback", BOT(feedback), .type = KEY_BOOL, .fallback = "true",
      .help = "buttons under an answer to say whether it was of use" },
    { "telegram.webhook_url", BOT(webhook_url), .fallback = "", .check = check_url,
      .help = "public address of the webhook, by https; a named bot takes this one with /NAME behind it" },
    { "telegram.webhook_secret", BOT(webhook_secret), .fallback = "", .secret = true, .own = true,
      .check = check_webhook_secret,
      .help = "what Telegram sends along to prove itself; empty: made from the token" },
    { "telegram.webhook_path", BOT(webhook_path), .fallback = "/telegram/webhook", .check = check_path,
      .help = "path of the webhook here; a named bot takes this one with /NAME behind it" },
    { "discord.token", CONF(discord.token), .fallback = "", .secret = true, .check = check_secret,
      .help = "bot token; without it Discord is off" },
    { "discord.app_id", CONF(discord.app_id), .fallback = "", .check = check_digits,
      .help = "application id; needed where interactions come by http" },
    { "discord.public_key", CONF(discord.public_key), .fallback = "", .check = check_public_key,
      .help = "key that signs interactions; needed where they come by http" },
    { "discord.api_base", CONF(discord.api_base), .fallback = "https://discord.com/api/v10",
      .check = check_url, .tidy = tidy_slash, .help = "REST API" },
    { "discord.gateway_url", CONF(discord.gateway_url), .fallback = "", .check = check_ws_url,
      .tidy = tidy_slash, .help = "gateway; empty = asked of the API" },
    { "discord.mode", CONF(discord.mode), .choices = "gateway|http", .fallback = "gateway",
      .help = "how interactions arrive; by http there are commands only, no messages" },
    { "discord.compress", CONF(discord.compress), .type = KEY_BOOL, .fallback = "false",
      .help = "the gateway sends compressed (zlib-stream): less traffic for some 50 kB of memory" },
    { "discord.interactions_path", CONF(discord.interactions_path), .fallback = "/discord/interactions",
      .check = check_path, .help = "path of the interactions endpoint here" },
    { "discord.guilds", LIST(discord.guild, discord.guilds), .fallback = "", .check = check_digits,
      .help = "ids of the servers in which the bot answers; empty: all" },
    { "discord.channels", LIST(discord.channel, discord.channels), .fallback = "", .check = check_digits,
      .help = "ids of the channels in which it answers, threads of them too; empty: all" },
    { "discord.roles", LIST(discord.role, discord.roles), .fallback = "", .check = check_digits,
      .help = "ids of the roles whose members may ask in a server; empty: everybody" },
    { "discord.deny", LIST(discord.deny, discord.denies), .fallback = "", .check = check_digits,
      .help = "ids of people, servers, channels and roles that may not ask" },
    { "discord.direct_messages", CONF(discord.direct_messages), .type = KEY_BOOL, .fallback = "true",
      .help = "answer direct messages" },
    { "discord.message_content", CONF(discord.message_content), .type = KEY_BOOL, .fallback = "false",
      .help = "ask for the privileged intent, so that messages in threads of the bot need no mention" },
    { "discord.auto_thread", CONF(discord.auto_thread), .type = KEY_BOOL, .fallback = "false",
      .help = "answer a mention in a thread that is started at it" },
    { "discord.feedback", CONF(discord.feedback), .type = KEY_BOOL, .fallback = "true",
      .help = "buttons under an answer to say whether it was of use" },
    { "discord.progress", CONF(discord.progress), .choices = "typing|edit", .fallback = "typing",
      .help = "what a channel sees while an answer is made; edit: a message that becomes the answer" },
    { "discord.dev_guild", CONF(discord.dev_guild), .fallback = "", .check = check_digits,
      .help = "id of a server: commands are registered there alone, where changes are seen at once" },
    { "discord.shard", CONF(discord.shard), INT(0, 1023), .fallback = "0", .help = "number of this shard" },
    { "discord.shards", CONF(discord.shards), INT(1, 1024), .fallback = "1",
      .help = "shards in all; each is a daemon with a state directory of its own" },
};
const size_t config_keys_len = ARRAY_LEN(config_keys);

_Static_assert(LOG_TEXT == 0 && LOG_JSON == 1 && LOG_DEBUG == 0 && LOG_OFF == 4, "choices follow log.h");
_Static_assert(TIER_FREE == 0 && TIER_ENTERPRISE == 2 && REGION_AUTO == 0 && REGION_NONE == 4 &&
                   GROUNDING_STRICT == 1 && BALANCE_ORDER == 0 && BALANCE_LATENCY == 2 &&
                   ACCESS_PAIRING == 1 && PROGRESS_EDIT == 1 && PROGRESS_DRAFT == 2,
               "choices follow their enums");

/* Compares a row's path, whose star stands for any one part, with a concrete one. */
static bool path_matches(const char *row, const char *path, struct str *star)
{
    struct str want = str_of(row), have = str_of(path), w, h;

    while (str_cut(&want, '.', &w)) {
        if (!str_cut(&have, '.', &h))
            return false;
        if (str_eqs(w, "*"))
            *star = h;
        else if (!str_eq(w, h))
            return false;
    }
    return have.at == NULL;
}

/* "telegram.support.token" is the row "telegram.token" of a bot called support. */
static bool bot_matches(const char *row, const char *path, struct str *name)
{
    struct str want = str_of(row), have = str_of(path), w, h;

    return str_cut(&want, '.', &w) && str_cut(&have, '.', &h) && str_eq(w, h) && str_cut(&have, '.', name) &&
           have.at && str_eq(want, have);
}

static bool row_matches(const struct config_key *row, const char *path, struct str *name)
{
    return path_matches(row->path, path, name) || (row->base == IN_BOT && bot_matches(row->path, path, name));
}

/* Takes "_file" off; false when it is not there. */
static bool path_plain(char out[CONFIG_PATH_BYTES], const char *path)
{
    size_t len = strlen(path);

    if (len < 6 || len >= CONFIG_PATH_BYTES || strcmp(path + len - 5, "_file") != 0)
        return false;
    memcpy(out, path, len - 5);
    out[len - 5] = '\0';
    return true;
}

static const struct config_key *row_of(const char *path, bool file, struct str *star)
{
    for (size_t i = 0; i < config_keys_len; i++) {
        *star = (struct str){ "", 0 };
        if ((!file || config_keys[i].secret) && row_matches(&config_keys[i], path, star))
            return &config_keys[i];
    }
    return NULL;
}

int config_find(struct config_found *out, const char *path)
{
    char plain[CONFIG_PATH_BYTES];
    struct str star;

    *out = (struct config_found){ .key = row_of(path, false, &star) };
    if (!out->key && path_plain(plain, path)) {
        out->key = row_of(plain, true, &star);
        out->file = true;
    }
    if (!out->key || star.len >= sizeof out->name)
        return X_E_NOT_FOUND;
    if (star.len > 0)
        memcpy(out->name, star.at, star.len);
    return 0;
}

/* The part of `row` below `section`, a star in it matching anything; NULL when it is elsewhere. */
static const char *row_below(const char *row, struct str section)
{
    struct str part, star, rest = str_of(row);

    while (str_cut(&section, '.', &part)) {
        if (!str_cut(&rest, '.', &star) || (!str_eqs(star, "*") && !str_eq(star, part)))
            return NULL;
    }
    return rest.at;
}

bool config_is_section(const char *path)
{
    for (size_t i = 0; i < config_keys_len; i++)
        if (row_below(config_keys[i].path, str_of(path)))
            return true;
    return false;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

size_t config_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned d[WORD_BYTES_MAX + 1][WORD_BYTES_MAX + 1];

    if (n > WORD_BYTES_MAX || m > WORD_BYTES_MAX)
        return SIZE_MAX;
    for (unsigned i = 0; i <= n; i++)
        d[i][0] = i;
    for (unsigned j = 0; j <= m; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

struct nearest {
    char *out;
    size_t best;
};

static void nearest_try(struct nearest *n, struct str section, const char *word, struct str child,
                        const char *suffix)
{
    char name[40];
    int len = snprintf(name, sizeof name, "%.*s%s", (int)child.len, child.at, suffix);
    size_t far;

    if (len < 0 || (size_t)len >= sizeof name || str_eqs(child, "*"))
        return;
    far = config_distance(word, name);
    if (far >= n->best || far > 1 + strlen(word) / 4)
        return;
    n->best = far;
    (void)snprintf(n->out, CONFIG_PATH_BYTES, "%.*s%s%s", (int)section.len, section.at,
                   section.len ? "." : "", name);
}

/* A key of that very name that lives in another section. */
static void nearest_elsewhere(char *out, const char *word)
{
    for (size_t i = 0; i < config_keys_len; i++) {
        const char *dot = strrchr(config_keys[i].path, '.');

        if (!strchr(config_keys[i].path, '*') && strcmp(dot ? dot + 1 : config_keys[i].path, word) == 0)
            (void)snprintf(out, CONFIG_PATH_BYTES, "%s", config_keys[i].path);
    }
}

static void suggest_of_table(char out[CONFIG_PATH_BYTES], const char *path)
{
    const char *dot = strrchr(path, '.'), *word = dot ? dot + 1 : path;
    struct str section = { path, dot ? (size_t)(dot - path) : 0 };
    struct nearest n = { out, SIZE_MAX };

    out[0] = '\0';
    if (section.len >= CONFIG_PATH_BYTES)
        return;
    for (size_t i = 0; i < config_keys_len; i++) {
        const char *below = section.len ? row_below(config_keys[i].path, section) : config_keys[i].path;
        struct str child = below ? (struct str){ below, strcspn(below, ".") } : (struct str){ "", 0 };

        if (!below)
            continue;
        nearest_try(&n, section, word, child, "");
        if (config_keys[i].secret && child.at[child.len] == '\0')
            nearest_try(&n, section, word, child, "_file");
    }
    if (out[0] == '\0')
        nearest_elsewhere(out, word);
}

/* Of a named bot's key: the section's, with the name put back. */
void config_suggest(char out[CONFIG_PATH_BYTES], const char *path)
{
    char plain[CONFIG_PATH_BYTES], near[CONFIG_PATH_BYTES];
    struct str rest = str_of(path), section, name;
    bool bot = str_cut(&rest, '.', &section) && str_eqs(section, "telegram") && str_cut(&rest, '.', &name) &&
               rest.at && rest.len < WORD_BYTES_MAX && name.len < WORD_BYTES_MAX;

    if (!bot) {
        suggest_of_table(out, path);
        return;
    }
    (void)snprintf(plain, sizeof plain, "telegram.%.*s", (int)rest.len, rest.at);
    suggest_of_table(near, plain);
    out[0] = '\0';
    if (strncmp(near, "telegram.", 9) == 0)
        (void)snprintf(out, CONFIG_PATH_BYTES, "telegram.%.*s.%.40s", (int)name.len, name.at, near + 9);
}

void config_env_name(char out[CONFIG_PATH_BYTES], const char *path)
{
    size_t n = 7;

    memcpy(out, "PARLEY_", 8);
    for (const char *p = path; *p && n + 3 < CONFIG_PATH_BYTES; p++) {
        if (*p == '.')
            out[n++] = '_';
        out[n++] = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
    }
    out[n] = '\0';
}

static void expect_choices(const char *choices, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "must be one of ");

    for (const char *p = choices; *p && n + 3 < size; p++) {
        if (*p == '|') {
            out[n++] = ',';
            out[n++] = ' ';
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
}

void config_expect(const struct config_key *key, char *out, size_t size)
{
    if (key->choices) {
        expect_choices(key->choices, out, size);
        return;
    }
    switch (key->type) {
    case KEY_INT:
        (void)snprintf(out, size, "must be a whole number from %d to %d", key->lo, key->hi);
        break;
    case KEY_BOOL:
        (void)snprintf(out, size, "must be true or false");
        break;
    case KEY_LIST:
        (void)snprintf(out, size, "must be a list of at most %d strings", CONFIG_LIST_MAX);
        break;
    case KEY_TEXT:
    case KEY_CHOICE:
        (void)snprintf(out, size, "must be a string");
        break;
    }
}
