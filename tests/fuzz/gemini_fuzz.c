/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of an answer in the gemini format.
 */
#include "llm/call.h"
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader_fuzz(&gemini_wire, data, size);
    return 0;
}
