/// A table of private nodes that grows by pieces, each taken from the kernel when its first node is needed. Pieces stay
/// where they are, so that whoever follows a link without a lock never faults.
#ifndef SILT_NODES_H
#define SILT_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "pages.h"
#include "state.h"

#define SILT_PIECE_NODES 4096u
#define SILT_PIECES 8192u

struct silt_nodes {
    void *pieces[SILT_PIECES];
};

/// Makes node `index` safe to touch. False: there is no memory for it. Two threads may come at once.
static inline bool silt_nodes_reserve(struct silt_nodes *nodes, uint32_t index, size_t node_bytes) {
    void **piece = &nodes->pieces[index / SILT_PIECE_NODES];
    if (__atomic_load_n(piece, __ATOMIC_ACQUIRE)) return true;
    if (silt_core_is_confined()) return false;
    void *fresh = silt_pages_map(SILT_PIECE_NODES * node_bytes);
    void *none = NULL;
    if (fresh && !__atomic_compare_exchange_n(piece, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        silt_pages_unmap(fresh, SILT_PIECE_NODES * node_bytes);
    else if (fresh)
        silt_observer_add((uintptr_t)fresh, SILT_PIECE_NODES * node_bytes);
    return fresh != NULL || none != NULL;
}

/// Node `index`, which was reserved.
static inline void *silt_nodes_at(const struct silt_nodes *nodes, uint32_t index, size_t node_bytes) {
    char *piece = __atomic_load_n(&nodes->pieces[index / SILT_PIECE_NODES], __ATOMIC_ACQUIRE);
    return piece + (size_t)(index % SILT_PIECE_NODES) * node_bytes;
}

#endif
