# SPDX-License-Identifier: Apache-2.0
# One file, explicit lists. `make help` is the index.
#
# Every directory of src/ is one archive, and a test links only the archives on or below
# its own floor (FLOOR_* below), so a wrong dependency fails at link time as well as in `make floors`.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

VERSION := 0.1.0
BUILD   ?= build
ifeq ($(strip $(BUILD)),)
$(error BUILD is empty: it would be /)
endif
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
PREFIX  ?= /usr/local
DESTDIR ?=
SAN     ?=
WERROR  ?= $(if $(CI),-Werror)

# ---- packages (Debian 12) --------------------------------------------------------------------
PKG_BUILD := gcc g++ make libcurl4-openssl-dev libwebsockets-dev libwebsockets-evlib-uv libmicrohttpd-dev \
             libuv1-dev libssl-dev libcjson-dev libpcre2-dev libsqlite3-dev libfaiss-dev libopenblas-dev libsodium-dev libmd4c-dev \
             zlib1g-dev
PKG_TEST  := libcmocka-dev clang clang-format python3 valgrind curl universal-ctags git
PKG_BENCH := wrk

# ---- flags -------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wformat=2 -Wundef -Wcast-qual -Wconversion -Wswitch-enum \
        -Wimplicit-fallthrough $(WERROR)
WARN_C := -Wstrict-prototypes -Wmissing-prototypes
ifeq ($(SAN),)
OPT := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
else
OPT := -O1 -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all
endif
HARDEN  := -fstack-protector-strong -fPIE
DEFS    := -D_GNU_SOURCE -DPARLEY_VERSION='"$(VERSION)"' -DPARLEY_SHARE='"$(PREFIX)/share/parley"'
INC     := -Iinclude -Isrc -I. -I$(BUILD)/gen
CFLAGS  += -std=gnu11 -g $(OPT) $(HARDEN) $(WARN) $(WARN_C) $(DEFS) $(INC) -MMD -MP
CXXFLAGS += -std=gnu++17 -g $(OPT) $(HARDEN) -Wall -Wextra $(DEFS) $(INC) -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN))
SYSLIBS := -luv -lwebsockets -lssl -lcrypto -lmicrohttpd -lcurl -lcjson -lpcre2-8 -lsqlite3 -lsodium -lmd4c -lz -lpthread -lm
FAISSLIBS := -lfaiss -lopenblas -llapack -lgomp -lstdc++

# ---- sources -----------------------------------------------------------------------------------
SRC_base      := arena status str bytesq log clock rand hash table utf utf_sentence json json_scan json_span jsonw match metric pace answer turn
SRC_io        := loop pool http http_call http_request fdwatch sse backoff limiter notify poller linger slots peer gate gate_target reject listener \
                 routes sockinfo server server_conn server_http server_answer server_ws ws ws_life ws_library ws_queue ws_url \
                 resolve wsc wsc_dial wsc_event wsc_tls
SRC_rich      := page markdown table chars cut
SRC_chat      := texts answer_words about button
SRC_conf      := config config_table config_check config_store config_file config_env config_secret config_llm config_bots config_print file \
                 policy policy_read policy_value policy_rules policy_plain policy_routing policy_money policy_default policy_prompt pii danger snapshot
SRC_store     := store sqlite sqlite_cache sqlite_schema sqlite_sql sqlite_inbox sqlite_answer sqlite_state sqlite_person sqlite_spend sqlite_charge sqlite_wal sqlite_sweep sqlite_read
SRC_vindex    := faiss flat vfile dot
SRC_embed     := hash_embed words fold stop_words
SRC_docs      := docs chunk tree markdown
SRC_llm       := llm breaker meter tokens call reader frames openai perplexity gemini anthropic ollama outcome extractive passages terms
SRC_lexical   := writer file score sum dense
SRC_knowledge := index search kdb generation analyse rank
SRC_pipeline  := pipeline stages keys pii identify limit reply consent quota screen redact recall cache cache_lru cache_text semantic semantic_cut semantic_english semantic_words \
                 semantic_words_en semantic_words_romance retrieve lexicon live features score route balance \
                 generate attempt retry cost budget prompt output citation validate validate_sentence restore record deliver
SRC_gateway   := gateway intake outbox state person sweep health
SRC_cli       := cli daemon serve index search ask route eval eval_routing eval_semantic check_config doctor providers version
SRC_web       := web chat events wire
SRC_telegram  := telegram account poll webhook batch question admit access commands person buttons menu place parts post work \
                 format wire_call wire_reply wire_update wire_words send lane due
SRC_discord   := wire_frame wire_read wire_message wire_interaction wire_send wire_close wire_signature wire_route wire_body wire_command wire_reply \
                 format format_chars format_write format_sources limits gateway_state gateway_kept \
                 inflate discord link threads endpoint event message question interact command person place parts post work rest
SRC_loopback  := loopback

# ---- floors: what each archive may use, nearest first ------------------------------------------
FLOOR_base      := base
FLOOR_io        := io base
FLOOR_rich      := rich base
FLOOR_chat      := chat rich conf base
FLOOR_conf      := conf base
FLOOR_store     := store io base
FLOOR_vindex    := vindex base
FLOOR_embed     := embed base
FLOOR_docs      := docs base
FLOOR_llm       := llm conf io base
FLOOR_lexical   := lexical base
FLOOR_knowledge := knowledge lexical vindex embed docs base
FLOOR_pipeline  := pipeline knowledge lexical vindex embed docs llm store conf io base
FLOOR_gateway   := gateway $(FLOOR_pipeline)
FLOOR_web       := web conf io base
FLOOR_telegram  := telegram chat rich conf io base
FLOOR_discord   := discord chat rich conf io base
FLOOR_loopback  := loopback conf io base
FLOOR_cli       := cli gateway web telegram discord loopback chat rich $(FLOOR_pipeline)

DIRS_SRC := base io rich chat conf store lexical vindex embed docs llm knowledge pipeline gateway cli
DIRS_ADAPTER := web telegram discord loopback
LIBS := $(DIRS_SRC) $(DIRS_ADAPTER)

define archive # name, directory
OBJ_$(1) := $(patsubst %,$(BUILD)/obj/$(2)/%.o,$(SRC_$(1)))
$(BUILD)/lib/$(1).a: $$(OBJ_$(1)) | $(BUILD)/lib
	@rm -f $$@; ar rcs $$@ $$^
endef
$(foreach d,$(DIRS_SRC),$(eval $(call archive,$(d),src/$(d))))
$(foreach d,$(DIRS_ADAPTER),$(eval $(call archive,$(d),adapters/$(d))))
# A system libfaiss_c serves when the linker finds one; else our shim over libfaiss.a supplies the C API.
FAISS_C := $(shell printf 'int main(void){return 0;}' | $(CC) -x c - -lfaiss_c -o /dev/null 2>/dev/null && echo -lfaiss_c)
ifeq ($(FAISS_C),)
OBJ_vindex += $(BUILD)/obj/src/vindex/faiss_c_shim.o
$(BUILD)/lib/vindex.a: $(BUILD)/obj/src/vindex/faiss_c_shim.o
endif

$(BUILD)/lib $(BUILD)/gen:
	@mkdir -p $@
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D); echo "  CC    $<"; $(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/%.o: %.cpp
	@mkdir -p $(@D); echo "  CXX   $<"; $(CXX) $(CXXFLAGS) -c -o $@ $<

# ---- the binary ----------------------------------------------------------------------------------
START := -Wl,--start-group
STOP  := -Wl,--end-group
ALL_LIBS := $(LIBS:%=$(BUILD)/lib/%.a)
$(BUILD)/parley: $(BUILD)/obj/src/main.o $(BUILD)/obj/adapters/adapters.o $(ALL_LIBS)
	@echo "  LD    $@"; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(START) $(ALL_LIBS) $(STOP) $(FAISS_C) $(FAISSLIBS) $(SYSLIBS)

# What .incbin reads is a dependency the compiler does not report.
$(BUILD)/obj/adapters/web/web.o: $(wildcard adapters/web/page/*)
$(BUILD)/obj/src/conf/policy_default.o: $(wildcard policies/*.json policies/prompts/*.md)
$(BUILD)/obj/src/pipeline/lexicon.o: src/pipeline/lexicon.txt
$(BUILD)/obj/src/store/sqlite_schema.o: $(wildcard src/store/schema/*.sql)

# ---- tests -----------------------------------------------------------------------------------------
# tests/unit/<archive>/<name>_test.c links the archives on or below its floor; tests/turn/ links everything.
UNIT := $(sort $(wildcard tests/unit/*/*_test.c))
TURN := $(sort $(wildcard tests/turn/*_test.c))
FUZZ := $(sort $(wildcard tests/fuzz/*_fuzz.c))
SUPPORT := $(filter-out tests/support/fake_openai.c,$(wildcard tests/support/*.c tests/contract/*.c))
UNIT_BIN := $(UNIT:%.c=$(BUILD)/%)
TURN_BIN := $(TURN:%.c=$(BUILD)/%)
FUZZ_BIN := $(FUZZ:%.c=$(BUILD)/%)
FAKE_BIN := $(BUILD)/tests/support/fake_openai
BENCH_BIN := $(patsubst %,$(BUILD)/tests/bench/%,first_sentence store_bench retrieval semantic)

$(BUILD)/lib/support.a: $(SUPPORT:%.c=$(BUILD)/obj/%.o) | $(BUILD)/lib
	@rm -f $@; ar rcs $@ $^
define unit_rule # archive
$(BUILD)/tests/unit/$(1)/%_test: $(BUILD)/obj/tests/unit/$(1)/%_test.o $(BUILD)/lib/support.a $(FLOOR_$(1):%=$(BUILD)/lib/%.a)
	@mkdir -p $$(@D); echo "  LD    $$@"; $(CC) $(LDFLAGS) -o $$@ $$< $(START) $(BUILD)/lib/support.a $(FLOOR_$(1):%=$(BUILD)/lib/%.a) $(STOP) $(if $(findstring vindex,$(FLOOR_$(1))),$(FAISS_C) $(FAISSLIBS)) -lcmocka $(SYSLIBS)
endef
$(foreach d,$(LIBS),$(eval $(call unit_rule,$(d))))
TURN_LIBS := $(patsubst %,$(BUILD)/lib/%.a,support $(filter-out cli web,$(LIBS)))
$(BUILD)/tests/turn/%_test: $(BUILD)/obj/tests/turn/%_test.o $(TURN_LIBS)
	@mkdir -p $(@D); echo "  LD    $@"; $(CC) $(LDFLAGS) -o $@ $< $(START) $(TURN_LIBS) $(STOP) $(FAISS_C) $(FAISSLIBS) -lcmocka $(SYSLIBS)
$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(BUILD)/obj/tests/fuzz/driver.o $(ALL_LIBS)
	@mkdir -p $(@D); echo "  LD    $@"; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(START) $(ALL_LIBS) $(STOP) $(FAISS_C) $(FAISSLIBS) $(SYSLIBS)
$(FAKE_BIN): $(BUILD)/obj/tests/support/fake_openai.o
	@mkdir -p $(@D); echo "  LD    $@"; $(CC) $(LDFLAGS) -o $@ $^
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(ALL_LIBS)
	@mkdir -p $(@D); echo "  LD    $@"; $(CC) $(LDFLAGS) -o $@ $< $(START) $(ALL_LIBS) $(STOP) $(FAISS_C) $(FAISSLIBS) $(SYSLIBS)

.PRECIOUS: $(BUILD)/obj/%.o
.SECONDARY:
.PHONY: help deps deps-test deps-bench browser-deps all run test test-bins asan tsan lint floors bench eval fit-routing fuzz-replay install clean FORCE

help:
	@echo "Parley $(VERSION). Targets:"
	@echo "  deps         install the packages a build needs (apt, with sudo when not root)"
	@echo "  all          build $(BUILD)/parley"
	@echo "  run          deps, all, index data/knowledge, serve on http://127.0.0.1:8080"
	@echo "  test         install what tests need, run everything; last line: N passed, N failed"
	@echo "  browser-deps chromium and playwright-core, for the test of the demo page (part of test)"
	@echo "  asan, tsan   the suites under AddressSanitizer + UBSan, ThreadSanitizer"
	@echo "  lint, floors style limits, banned calls; which directory may include which"
	@echo "  bench        performance figures, each beside a baseline of the same run"
	@echo "  eval         quality figures over data/eval"
	@echo "  fit-routing  fit the weights of policies/routing.json anew from DEV=FILE.jsonl"
	@echo "  fuzz-replay  every fuzz corpus through its target"
	@echo "  install      to DESTDIR and PREFIX ($(PREFIX)), with the systemd unit"
	@echo "  clean        remove $(BUILD)"
	@echo "Variables: BUILD=build CC=gcc SAN=address,undefined PREFIX=/usr/local DESTDIR="

# ---- packages: install only what is missing, so that a second run needs no network and no root ------
define need # packages
	@missing=$$({ dpkg-query -W -f '$${Package} $${Status}\n' $(1) 2>/dev/null || true; } | awk '$$NF=="installed"{print $$1}' | \
	  sort -u | comm -13 - <(printf '%s\n' $(1) | sort -u)); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; run=; [ $$(id -u) = 0 ] || run=sudo; \
	  export DEBIAN_FRONTEND=noninteractive; $$run apt-get update -q; $$run apt-get install -y -q --no-install-recommends $$missing; \
	fi
endef
deps:
	$(call need,$(PKG_BUILD))
deps-test: deps
	$(call need,$(PKG_TEST))
# The browser test wants a browser, node and one npm package; without the registry it is skipped, and says so.
PLAYWRIGHT := 1.65.1
browser-deps: deps
	$(call need,chromium)
	@command -v npm >/dev/null || { run=; [ $$(id -u) = 0 ] || run=sudo; $$run apt-get install -y -q --no-install-recommends nodejs npm; }
	@[ -d $(BUILD)/browser/node_modules/playwright-core ] || \
	  npm install --prefix $(BUILD)/browser --no-save --no-package-lock --ignore-scripts --silent \
	    playwright-core@$(PLAYWRIGHT) || echo "no playwright-core: the browser test will be skipped"
# The comparison wants node and npm's @portkey-ai/gateway; without them it is left out, and the bench says so. Portkey
# does not answer on the newer server libraries its own range allows, hence the second pin.
PORTKEY := @portkey-ai/gateway@1.15.2 @hono/node-server@1.13.8
deps-bench: deps
	$(call need,$(PKG_BENCH))
	@[ -d $(BUILD)/portkey/node_modules/@portkey-ai/gateway ] || ! command -v npm >/dev/null || \
	  npm install --prefix $(BUILD)/portkey --no-save --no-package-lock --ignore-scripts --legacy-peer-deps --silent \
	    $(PORTKEY) || echo "no @portkey-ai/gateway: the comparison will be left out"

all: $(BUILD)/parley

run: deps
	@$(MAKE) --no-print-directory all
	$(BUILD)/parley index data/knowledge --state $(BUILD)/state
	$(BUILD)/parley serve --state $(BUILD)/state

test-bins: $(BUILD)/parley $(UNIT_BIN) $(TURN_BIN) $(FUZZ_BIN) $(FAKE_BIN)

# ---- the suites -----------------------------------------------------------------------------------------
E2E := $(sort $(wildcard tests/e2e/*_test.py))
ASAN_DIR := $(BUILD)/asan
TSAN_DIR := $(BUILD)/tsan
# Everything that crosses threads.
TSAN_TESTS := $(filter tests/unit/io/loop_test.c tests/unit/io/pool_test.c tests/unit/io/http_test.c tests/unit/io/server% \
              tests/unit/io/ws_test.c tests/unit/io/wsc% tests/unit/store/% tests/unit/knowledge/% \
              tests/unit/conf/snapshot_test.c tests/unit/base/log_test.c tests/unit/pipeline/%,$(UNIT)) $(TURN)

test: deps-test browser-deps
	@$(MAKE) --no-print-directory -j2 test-bins WERROR=-Werror
	@$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/clang CC=clang CXX=clang++ WERROR=-Werror test-bins
	@$(MAKE) --no-print-directory -j2 BUILD=$(ASAN_DIR) SAN=address,undefined test-bins
	@$(MAKE) --no-print-directory -j2 BUILD=$(TSAN_DIR) SAN=thread $(TSAN_DIR)/parley \
	  $(TSAN_TESTS:%.c=$(TSAN_DIR)/%) $(TSAN_DIR)/tests/support/fake_openai
	@tests/run.sh -j 2 tests/lint/lint.py tests/lint/floors.py $(wildcard tests/lint/*_test.py) $(UNIT_BIN) $(TURN_BIN) tests/fuzz/replay.sh \
	  $(E2E) tests/browser/page_test.py $(UNIT:%.c=$(ASAN_DIR)/%) $(TURN:%.c=$(ASAN_DIR)/%) tests/fuzz/replay_asan.sh tests/e2e/asan.sh tests/e2e/valgrind.sh \
	  $(TSAN_TESTS:%.c=$(TSAN_DIR)/%) tests/e2e/tsan.sh

asan:
	@$(MAKE) --no-print-directory -j2 BUILD=$(ASAN_DIR) SAN=address,undefined test-bins
	@tests/run.sh -j 2 $(UNIT:%.c=$(ASAN_DIR)/%) $(TURN:%.c=$(ASAN_DIR)/%) tests/fuzz/replay_asan.sh tests/e2e/asan.sh

tsan:
	@$(MAKE) --no-print-directory -j2 BUILD=$(TSAN_DIR) SAN=thread $(TSAN_DIR)/parley \
	  $(TSAN_TESTS:%.c=$(TSAN_DIR)/%) $(TSAN_DIR)/tests/support/fake_openai
	@tests/run.sh -j 2 $(TSAN_TESTS:%.c=$(TSAN_DIR)/%) tests/e2e/tsan.sh

lint:
	@python3 tests/lint/lint.py

floors:
	@python3 tests/lint/floors.py

fuzz-replay: $(FUZZ_BIN)
	@BUILD=$(BUILD) tests/fuzz/replay.sh

bench: deps-bench
	@$(MAKE) --no-print-directory -j2 all $(FAKE_BIN) $(BENCH_BIN)
	@BUILD=$(BUILD) python3 tests/bench/bench.py

eval: deps
	@$(MAKE) --no-print-directory -j2 all $(BUILD)/tests/bench/retrieval
	@$(BUILD)/tests/bench/retrieval
	@$(BUILD)/parley eval routing data/eval/routing --set policies.dir=policies
	@$(BUILD)/parley eval semantic data/eval/semantic --quiet

# Rewrites the weights in policies/routing.json from prompts with the marks of two models.
DEV ?= ../shared/data/routing/dev.jsonl
fit-routing: deps
	$(call need,python3)
	@$(MAKE) --no-print-directory -j2 $(BUILD)/tests/bench/features
	@python3 tests/bench/fit_routing.py $(BUILD)/tests/bench/features '$(DEV)' policies/routing.json

# ---- install ---------------------------------------------------------------------------------------------
install: SHARE := $(DESTDIR)$(PREFIX)/share/parley
install: all
	install -D -m 755 '$(BUILD)/parley' '$(DESTDIR)$(PREFIX)/bin/parley'
	install -d '$(SHARE)/policies' '$(DESTDIR)/etc/parley'
	install -m 644 policies/*.json policies/README.md '$(SHARE)/policies/'
	install -d '$(SHARE)/policies/prompts'
	install -m 644 policies/prompts/*.md '$(SHARE)/policies/prompts/'
	find data/knowledge -name '*.md' -printf '%P\0' | \
	  xargs -0 -I{} install -D -m 644 'data/knowledge/{}' '$(SHARE)/knowledge/{}'
	install -m 644 data/parley.example.json '$(SHARE)/parley.example.json'
	[ -e '$(DESTDIR)/etc/parley/parley.json' ] || \
	  install -m 640 data/parley.example.json '$(DESTDIR)/etc/parley/parley.json'
	sed 's|@BINDIR@|$(PREFIX)/bin|g' systemd/parley.service | \
	  install -D -m 644 /dev/stdin '$(DESTDIR)/usr/lib/systemd/system/parley.service'
	install -D -m 644 systemd/parley.sysusers '$(DESTDIR)/usr/lib/sysusers.d/parley.conf'
	install -D -m 644 systemd/parley.tmpfiles '$(DESTDIR)/usr/lib/tmpfiles.d/parley.conf'

# The binary looks for its policies below PREFIX: `make all` with one and `make install` with another
# compiles the file that holds it again.
$(BUILD)/gen/prefix: FORCE | $(BUILD)/gen
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@
$(BUILD)/obj/src/conf/snapshot.o: $(BUILD)/gen/prefix
FORCE:

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
