//! Symbols of Python's C API by the version that brought them: data.
//!
//! A module of the stable ABI (`.abi3.so`) names no version, and may need a symbol that an older Python does not have.
//! Here stand the symbols that came with 3.9 or later, by the first version whose interpreter exports them, which for
//! some is earlier than the version that made them part of the stable ABI.
//!
//! Sources: CPython's `Misc/stable_abi.toml` as the project abi3info 2026.9.25 gives it, held against the symbols that
//! an interpreter of 3.11 exports, and "What's New" of 3.9, 3.10, 3.13 and 3.14 (C API, "New features").

use std::collections::HashMap;
use std::sync::LazyLock;

/// The symbols that Python 3.N brought, by N: names between blanks, sorted.
const BROUGHT: &[(u8, &str)] = &[
    (
        9,
        "\
        PyCMethod_New PyFrame_GetCode PyInterpreterState_Get PyModule_AddType PyObject_GC_IsFinalized \
        PyObject_GC_IsTracked PyThreadState_GetFrame PyThreadState_GetID PyThreadState_GetInterpreter \
        PyType_FromModuleAndSpec PyType_GetModule PyType_GetModuleState Py_EnterRecursiveCall Py_GenericAlias \
        Py_GenericAliasType Py_LeaveRecursiveCall",
    ),
    (
        10,
        "\
        PyAIter_Check PyCodec_Unregister PyErr_SetInterruptEx PyExc_EncodingWarning PyGC_Disable PyGC_Enable \
        PyGC_IsEnabled PyIter_Send PyModule_AddObjectRef PyObject_GetAIter Py_Is Py_IsFalse Py_IsNone Py_IsTrue \
        Py_NewRef Py_XNewRef",
    ),
    (
        11,
        "\
        PyErr_GetHandledException PyErr_SetHandledException PyExc_BaseExceptionGroup PyType_GetName \
        PyType_GetQualName Py_Version",
    ),
    (
        12,
        "\
        PyErr_DisplayException PyErr_GetRaisedException PyErr_SetRaisedException PyException_GetArgs \
        PyException_SetArgs PyObject_GetTypeData PyType_FromMetaclass PyType_GetTypeDataSize PyVectorcall_NARGS",
    ),
    (
        13,
        "\
        PyCriticalSection2_Begin PyCriticalSection2_End PyCriticalSection_Begin PyCriticalSection_End \
        PyDict_GetItemRef PyDict_GetItemStringRef PyDict_SetDefaultRef PyEval_GetFrameBuiltins \
        PyEval_GetFrameGlobals PyEval_GetFrameLocals PyImport_AddModuleRef PyList_GetItemRef PyLong_AsInt \
        PyLong_AsNativeBytes PyLong_FromNativeBytes PyLong_FromUnsignedNativeBytes PyMapping_GetOptionalItem \
        PyMapping_GetOptionalItemString PyMapping_HasKeyStringWithError PyMapping_HasKeyWithError PyModule_Add \
        PyObject_DelAttr PyObject_DelAttrString PyObject_GetOptionalAttr PyObject_GetOptionalAttrString \
        PyObject_HasAttrStringWithError PyObject_HasAttrWithError PySys_AuditTuple PyType_GetFullyQualifiedName \
        PyType_GetModuleName PyUnicode_EqualToUTF8 PyUnicode_EqualToUTF8AndSize PyWeakref_GetRef Py_GetConstant \
        Py_GetConstantBorrowed Py_IsFinalizing _Py_SetRefcnt",
    ),
    (
        14,
        "\
        PyIter_NextItem PyLongWriter_Create PyLongWriter_Discard PyLongWriter_Finish PyLong_AsInt32 PyLong_AsInt64 \
        PyLong_AsUInt32 PyLong_AsUInt64 PyLong_Export PyLong_FreeExport PyLong_FromInt32 PyLong_FromInt64 \
        PyLong_FromUInt32 PyLong_FromUInt64 PyLong_GetNativeLayout PyType_Freeze PyType_GetBaseByToken \
        PyUnicode_Equal Py_PACK_FULL_VERSION Py_PACK_VERSION Py_REFCNT Py_TYPE",
    ),
    (
        15,
        "\
        PyABIInfo_Check PyInterpreterGuard_Close PyInterpreterGuard_FromCurrent PyInterpreterGuard_FromView \
        PyInterpreterView_Close PyInterpreterView_FromCurrent PyInterpreterView_FromMain PyModule_Exec \
        PyModule_FromSlotsAndSpec PyModule_GetStateSize PyModule_GetState_DuringGC PyModule_GetToken \
        PyModule_GetToken_DuringGC PyObject_GetTypeData_DuringGC PySys_GetAttr PySys_GetAttrString \
        PySys_GetOptionalAttr PySys_GetOptionalAttrString PyThreadState_Ensure PyThreadState_EnsureFromView \
        PyThreadState_Release PyType_FromSlots PyType_GetBaseByToken_DuringGC PyType_GetModuleByToken \
        PyType_GetModuleByToken_DuringGC PyType_GetModuleState_DuringGC PyType_GetModule_DuringGC Py_IS_TYPE \
        Py_SET_SIZE Py_SIZE",
    ),
];

/// The first Python 3.N that has a symbol; `None` where every version of Lambda has it, or nothing is known about it.
pub(crate) fn python_symbol_since(symbol: &str) -> Option<u8> {
    static SINCE: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
        let names = BROUGHT.iter().flat_map(|(minor, names)| names.split_whitespace().map(|name| (name, *minor)));
        names.collect()
    });
    SINCE.get(symbol).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn symbols_by_version() {
        let names = || BROUGHT.iter().flat_map(|(_, names)| names.split_whitespace());
        assert_eq!(names().count(), names().collect::<HashSet<_>>().len(), "each stands once");
        assert_eq!(python_symbol_since("PyType_FromMetaclass"), Some(12));
        assert_eq!(python_symbol_since("PyDict_GetItemRef"), Some(13));
        assert_eq!(python_symbol_since("PyArg_ParseTuple"), None);
    }
}
