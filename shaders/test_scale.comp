#version 460
// For the tests of src/gpu: every value times a specialization constant plus a push constant.
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint FACTOR = 1;
layout(binding = 0) uniform textureBuffer source;
layout(binding = 1) writeonly buffer Target { float target[]; };
layout(push_constant) uniform Push { uint count; float offset; };

void main() {
    uint index = gl_GlobalInvocationID.x;
    if (index < count) {
        target[index] = texelFetch(source, int(index)).x * float(FACTOR) + offset;
    }
}
