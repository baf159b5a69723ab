// What parallax a picture has: how many pixels in each class, and how many beyond the limits.
// Twin: src/stage/comfort/meter.rs.
#version 460

layout(local_size_x = 256) in;

layout(set = 0, binding = 0) uniform isamplerBuffer parallax; // in units
layout(set = 0, binding = 1) buffer Counts { uint counts[]; };

layout(push_constant) uniform Push {
    ivec2 size;
    int first;     // columns that have a side edge of the picture at them
    int last;
    float front;   // limits, in pixels
    float behind;
    float step;    // width of a class in pixels
    int clear;     // only set all counts to nothing
    float unit;    // pixels
} push;

const int CLASSES = 256;
const int ZERO = 96; // the class that begins at no parallax
// After the classes: beyond the front limit, beyond the one behind, in front at a side edge, and pixels in all.
const int OTHERS = 4;
const int ROWS = 8; // that a workgroup reads

shared uint part[CLASSES + OTHERS];

void main() {
    int lane = int(gl_LocalInvocationID.x);
    if (push.clear != 0) {
        for (int i = lane; i < CLASSES + OTHERS; i += 256) {
            counts[i] = 0u;
        }
        return;
    }
    for (int i = lane; i < CLASSES + OTHERS; i += 256) {
        part[i] = 0u;
    }
    barrier();
    int x = int(gl_GlobalInvocationID.x);
    uint front = 0u, behind = 0u, side = 0u, all = 0u;
    for (int row = 0; row < ROWS; row++) {
        int y = int(gl_WorkGroupID.y) * ROWS + row;
        if (x >= push.size.x || y >= push.size.y) {
            break;
        }
        float p = float(texelFetch(parallax, y * push.size.x + x).r) * push.unit;
        int found = clamp(int(floor(p / push.step)) + ZERO, 0, CLASSES - 1);
        atomicAdd(part[found], 1u);
        front += p < push.front ? 1u : 0u;
        behind += p > push.behind ? 1u : 0u;
        side += (x == push.first || x == push.last) && p < -push.step ? 1u : 0u;
        all += 1u;
    }
    if (front > 0u) atomicAdd(part[CLASSES], front);
    if (behind > 0u) atomicAdd(part[CLASSES + 1], behind);
    if (side > 0u) atomicAdd(part[CLASSES + 2], side);
    atomicAdd(part[CLASSES + 3], all);
    barrier();
    for (int i = lane; i < CLASSES + OTHERS; i += 256) {
        if (part[i] > 0u) {
            atomicAdd(counts[i], part[i]);
        }
    }
}
