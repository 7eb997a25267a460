/* The smallest Python extension that still is a real one: module `_native` with `machine()` and `length(text)`.
 *
 * It uses only the stable ABI (PEP 384), declared here by hand so that no Python headers are needed to build it, and
 * one function of glibc, so that the shared object needs libc.so.6 and a glibc symbol version as real extensions do.
 * The commands that built the files beside it are in ../README.md.
 */

#include <stddef.h>
#include <string.h>

typedef struct object PyObject;

struct method {
    const char *name;
    PyObject *(*call)(PyObject *, PyObject *);
    int flags;
    const char *doc;
};

/* PyModuleDef, field by field: the first five are PyModuleDef_HEAD_INIT. */
struct module {
    ptrdiff_t reference_count;
    void *type;
    void *init;
    ptrdiff_t index;
    void *copy;
    const char *name;
    const char *doc;
    ptrdiff_t size;
    struct method *methods;
    void *slots;
    void *traverse;
    void *clear;
    void *free;
};

extern PyObject *PyModuleDef_Init(struct module *);
extern PyObject *PyUnicode_FromString(const char *);
extern const char *PyUnicode_AsUTF8AndSize(PyObject *, ptrdiff_t *);
extern PyObject *PyLong_FromSize_t(size_t);

enum { NO_ARGUMENTS = 0x0004, ONE_ARGUMENT = 0x0008 };

static PyObject *machine(PyObject *self, PyObject *unused) {
    (void)self;
    (void)unused;
#if defined(__x86_64__)
    return PyUnicode_FromString("x86_64");
#elif defined(__aarch64__)
    return PyUnicode_FromString("aarch64");
#else
#error "Lambda has two architectures"
#endif
}

static PyObject *length(PyObject *self, PyObject *text) {
    (void)self;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, NULL);
    return bytes == NULL ? NULL : PyLong_FromSize_t(strlen(bytes));
}

static struct method methods[] = {
    {"machine", machine, NO_ARGUMENTS, "Return the machine that this extension was built for."},
    {"length", length, ONE_ARGUMENT, "Return the length of a text in bytes, as glibc counts it."},
    {NULL, NULL, 0, NULL},
};

static struct module definition = {
    .reference_count = 1,
    .name = "_native",
    .doc = "A native extension of barrow's own.",
    .methods = methods,
};

PyObject *PyInit__native(void) { return PyModuleDef_Init(&definition); }
