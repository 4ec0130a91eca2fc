/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of an answer in the openai format, and in the one descended from it.
 */
#include "llm/call.h"
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader_fuzz(&openai_wire, data, size);
    reader_fuzz(&perplexity_wire, data, size);
    return 0;
}
