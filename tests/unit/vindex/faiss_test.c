/* SPDX-License-Identifier: Apache-2.0
 *
 * The faiss back end: the contract is all there is to say about it.
 */
#include "tests/contract/vindex_contract.h"

int main(void)
{
    return vindex_contract_run(&vindex_faiss);
}
