/* SPDX-License-Identifier: Apache-2.0
 *
 * What people leave away when they type: "Zurich" finds the city with its umlaut, whether the document has it
 * as one character or as two. Marks of other scripts are letters to their readers and stay.
 */
#include "embed/fold.h"

#include "base/utf.h"
#include "embed/fold_table.h"

struct block {
    uint32_t from;
    const uint16_t *at;
    size_t n;
};

uint32_t fold_char(uint32_t cp)
{
    static const struct block block[] = {
        { 0xA0, fold_latin_greek_cyrillic, ARRAY_LEN(fold_latin_greek_cyrillic) },
        { 0x1E00, fold_extended, ARRAY_LEN(fold_extended) },
        { 0xFF00, fold_width, ARRAY_LEN(fold_width) },
    };

    if (cp < 0x80)
        return utf_lower(cp);
    for (size_t i = 0; i < ARRAY_LEN(block); i++)
        if (cp >= block[i].from && cp - block[i].from < block[i].n)
            return block[i].at[cp - block[i].from];
    return utf_lower(cp);
}
