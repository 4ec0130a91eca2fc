/* SPDX-License-Identifier: Apache-2.0
 *
 * The default policies: policies/<name>.json and policies/prompts/default.md as they are in the source tree,
 * so that a default has one place. The assembler reads them relative to where the compiler runs, which is the
 * root of the repository.
 */
#include "conf/policy_impl.h"

#define EMBED(name)                                                                                          \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".global policy_text_" #name "\n"                                                                \
            ".global policy_text_" #name "_end\n"                                                            \
            "policy_text_" #name ":\n"                                                                       \
            ".incbin \"policies/" #name ".json\"\n"                                                          \
            "policy_text_" #name "_end:\n"                                                                   \
            ".byte 0\n"                                                                                      \
            ".popsection\n")

__asm__(".pushsection .rodata\n"
        ".global policy_text_prompt\n"
        ".global policy_text_prompt_end\n"
        "policy_text_prompt:\n"
        ".incbin \"policies/prompts/default.md\"\n"
        "policy_text_prompt_end:\n"
        ".byte 0\n"
        ".popsection\n");

EMBED(pii);
EMBED(consent);
EMBED(tiers);
EMBED(routing);
EMBED(validator);
EMBED(screen);
EMBED(retention);
EMBED(prices);
EMBED(budgets);
