/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of FAISS's C API that faiss.c calls, for systems whose FAISS package ships the
 * c_api headers but not the compiled library (Debian 12). The signatures are the headers'
 * own: where libfaiss_c exists this file is not linked and nothing else changes. No C++
 * exception leaves a function here; its text is kept per thread for faiss_get_last_error.
 */
#include <cstdio>
#include <exception>
#include <string>

#include <faiss/Index.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/FaissException.h>
#include <faiss/index_io.h>
#include <faiss/utils/distances.h>
#if __has_include(<faiss/IndexIDMap.h>)
#include <faiss/IndexIDMap.h>
#else
#include <faiss/MetaIndexes.h>
#endif

#include <faiss/c_api/IndexFlat_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/MetaIndexes_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/index_io_c.h>
#include <faiss/c_api/utils/distances_c.h>

namespace
{

thread_local std::string last_error;

int keep(FaissErrorCode code, const char *text) noexcept
{
    try {
        last_error = text;
    } catch (...) { /* no memory for the text: the code alone must do */
        last_error.clear();
    }
    return code;
}

template <typename Call> int guarded(Call &&call) noexcept
{
    try {
        call();
        return OK;
    } catch (const faiss::FaissException &e) {
        return keep(FAISS_EXCEPT, e.what());
    } catch (const std::exception &e) {
        return keep(STD_EXCEPT, e.what());
    } catch (...) {
        return keep(UNKNOWN_EXCEPT, "unknown exception");
    }
}

faiss::Index *cpp(FaissIndex *index)
{
    return reinterpret_cast<faiss::Index *>(index);
}

const faiss::Index *cpp(const FaissIndex *index)
{
    return reinterpret_cast<const faiss::Index *>(index);
}

FaissIndex *opaque(faiss::Index *index)
{
    return reinterpret_cast<FaissIndex *>(index);
}

} /* namespace */

const char *faiss_get_last_error()
{
    return last_error.c_str();
}

void faiss_Index_free(FaissIndex *index)
{
    delete cpp(index);
}

int faiss_Index_d(const FaissIndex *index)
{
    return static_cast<int>(cpp(index)->d);
}

idx_t faiss_Index_ntotal(const FaissIndex *index)
{
    return cpp(index)->ntotal;
}

FaissMetricType faiss_Index_metric_type(const FaissIndex *index)
{
    return static_cast<FaissMetricType>(cpp(index)->metric_type);
}

int faiss_Index_add_with_ids(FaissIndex *index, idx_t n, const float *x, const idx_t *xids)
{
    return guarded([&] { cpp(index)->add_with_ids(n, x, xids); });
}

int faiss_Index_search(const FaissIndex *index, idx_t n, const float *x, idx_t k, float *distances,
                       idx_t *labels)
{
    return guarded([&] { cpp(index)->search(n, x, k, distances, labels); });
}

int faiss_IndexFlatIP_new_with(FaissIndexFlatIP **p_index, idx_t d)
{
    return guarded([&] { *p_index = opaque(new faiss::IndexFlatIP(d)); });
}

int faiss_IndexIDMap_new(FaissIndexIDMap **p_index, FaissIndex *index)
{
    return guarded([&] { *p_index = opaque(new faiss::IndexIDMap(cpp(index))); });
}

void faiss_IndexIDMap_set_own_fields(FaissIndexIDMap *index, int own)
{
    static_cast<faiss::IndexIDMap *>(cpp(index))->own_fields = own != 0;
}

FaissIndexIDMap *faiss_IndexIDMap_cast(FaissIndex *index)
{
    return opaque(dynamic_cast<faiss::IndexIDMap *>(cpp(index)));
}

int faiss_write_index(const FaissIndex *idx, FILE *f)
{
    return guarded([&] { faiss::write_index(cpp(idx), f); });
}

int faiss_read_index(FILE *f, int io_flags, FaissIndex **p_out)
{
    return guarded([&] { *p_out = opaque(faiss::read_index(f, io_flags)); });
}

void faiss_set_distance_compute_blas_threshold(int value)
{
    faiss::distance_compute_blas_threshold = value;
}

void faiss_set_distance_compute_blas_query_bs(int value)
{
    faiss::distance_compute_blas_query_bs = value;
}
