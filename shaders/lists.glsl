// Lists of what a kernel finds for a later one, which runs over them alone. The head of each holds the later kernel's workgroups (x, and 1, 1) and
// how many entries there are. An entry is a place, x in its lower and y in its upper half.

// Lanes of a workgroup that runs over a list, and the most workgroups: what is beyond, each lane comes back for.
const uint LANES = 128u, MOST_GROUPS = 65535u;

// Room for one more entry in the list of `head`, of which a workgroup takes `share`.
#define APPENDED(head, share, slot) \
    uint slot = atomicAdd(head.w, 1u); \
    if (slot % (share) == 0u && slot / (share) < MOST_GROUPS) { \
        atomicAdd(head.x, 1u); \
    }

ivec2 place_of(uint entry) {
    return ivec2(entry & 0xffffu, entry >> 16);
}

uint entry_of(ivec2 place) {
    return uint(place.x) | uint(place.y) << 16;
}
